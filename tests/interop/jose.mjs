// Verifies one of our access tokens with jose and the published keys, and makes others with the same private key.
//
// In: {"keys": URL, "secret", "salt", "token"}. Out: {"claims": of our token, "good": a token like it, "bad": {what is wrong: a
// token}}.
import { createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { SignJWT, UnsecuredJWT, calculateJwkThumbprint, createRemoteJWKSet, generateKeyPair, importJWK, jwtVerify } from "jose";

const given = JSON.parse(readFileSync(0, "utf8"));
const published = createRemoteJWKSet(new URL(given.keys));

const { payload: claims, protectedHeader: header } = await jwtVerify(given.token, published, {
  algorithms: ["EdDSA"],
  audience: "api",
  issuer: "api",
  typ: "at+jwt",
  requiredClaims: ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "role", "authEpoch", "auth_time"],
});

const [jwk] = published.jwks().keys;
if ((await calculateJwkThumbprint(jwk)) !== header.kid) throw new Error("the kid is no thumbprint");
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const seed = hkdfSync("sha256", given.secret, Buffer.from(given.salt, "base64url"), "access token", 32);
const key = await importJWK({ ...jwk, d: base64url(seed) });

const sign = (changes = {}, headers = {}, signer = key) =>
  // JSON has no `undefined`: a claim or parameter of that value is left out.
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...headers }).sign(signer);

const [, body] = given.token.split(".");
const message = (alg) => `${base64url(JSON.stringify({ ...header, alg }))}.${body}`;
const mac = (alg, hash, secret) => `${message(alg)}.${createHmac(hash, secret).update(message(alg)).digest("base64url")}`;

const now = claims.iat;
const bad = {};
for (const name of Object.keys(claims)) {
  bad[`no ${name}`] = await sign({ [name]: undefined });
}
bad["typ JWT"] = await sign({}, { typ: "JWT" });
bad["typ rt+jwt"] = await sign({}, { typ: "rt+jwt" });
bad["no typ"] = await sign({}, { typ: undefined });
bad["no kid"] = await sign({}, { kid: undefined });
bad["unknown kid"] = await sign({}, { kid: "AAAAAAAAAAA" });
bad["another issuer"] = await sign({ iss: "https://other.example" });
bad["another audience"] = await sign({ aud: "https://other.example" });
bad["expired"] = await sign({ exp: now - 3600 });
bad["not yet valid"] = await sign({ nbf: now + 3600 });
bad["issued in the future"] = await sign({ iat: now + 3600 });
bad["a role that is none"] = await sign({ role: "root" });
bad["a subject that is no user"] = await sign({ sub: "admin" });
bad["alg none"] = new UnsecuredJWT(claims).encode();
bad["alg none, the rest as it should be"] = `${message("none")}.`;
bad["a parameter that must be understood"] = await sign({}, { b64: true, crit: ["b64"] });
bad["HS256 with the public key"] = mac("HS256", "sha256", Buffer.from(jwk.x, "base64url"));
bad["HS512 with the public key"] = mac("HS512", "sha512", jwk.x);
bad["HS256 with the secret"] = mac("HS256", "sha256", given.secret);
for (const alg of ["RS256", "ES256", "EdDSA"]) {
  const { privateKey } = await generateKeyPair(alg);
  bad[alg === "EdDSA" ? "another key" : alg] = await sign({}, { alg }, privateKey);
}
bad["a key of its own"] = await sign({}, { jwk: { ...jwk, d: undefined }, kid: undefined });
const good = await sign({ jti: "made by jose" });
process.stdout.write(JSON.stringify({ claims, good, bad }));
