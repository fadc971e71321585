import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, type JWK } from "jose";

import { TableName, dynamodb } from "./dynamodb";

export type Caller = { id: string; role: string };

/** The public keys of access tokens, which are read while the function starts. */
const keys = (async () => {
  const { Item } = await dynamodb.send(new GetCommand({ TableName, Key: { pk: "KEYS#TOKENS", sk: "KEYS" } }));
  const stored: { public: string }[] = Item?.keys ?? [];
  const jwks = stored.map(async (key) => {
    const jwk: JWK = { kty: "OKP", crv: "Ed25519", x: key.public };
    return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
  });
  return createLocalJWKSet({ keys: await Promise.all(jwks) });
})();

/** Requires an access token. */
export const auth = createMiddleware<{ Variables: { caller: Caller } }>(async (c, next) => {
  const token = c.req.header("authorization")?.match(/^Bearer (.+)$/)?.[1];
  if (token === undefined) throw new HTTPException(401, { message: "Unauthorized" });
  try {
    const { payload } = await jwtVerify(token, await keys, { algorithms: ["EdDSA"], audience: "api", issuer: "api" });
    c.set("caller", { id: payload.sub!, role: payload.role as string });
  } catch {
    throw new HTTPException(401, { message: "Unauthorized" });
  }
  await next();
});
