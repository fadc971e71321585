// Reads one of our access tokens as jose does, and makes others with the same secret.
//
// In: {"secret", "token"}. Out: {"claims": of our token, "good": a token like it, "bad": {what is wrong: a token}}.
import { readFileSync } from "node:fs";
import { SignJWT, UnsecuredJWT, generateKeyPair, jwtVerify } from "jose";

const given = JSON.parse(readFileSync(0, "utf8"));
const secret = new TextEncoder().encode(given.secret);

const { payload: claims, protectedHeader: header } = await jwtVerify(given.token, secret, {
  algorithms: ["HS256"],
  audience: "api",
  issuer: "api",
  typ: "at+jwt",
  requiredClaims: ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "role", "authEpoch", "auth_time"],
});

const sign = (changes = {}, headers = {}, key = secret) =>
  // JSON has no `undefined`: a claim or parameter of that value is left out.
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...headers }).sign(key);

const unsigned = ([, body]) =>
  `${Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url")}.${body}.`;

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
bad["alg none, the rest as it should be"] = unsigned(given.token.split("."));
bad["a parameter that must be understood"] = await sign({}, { b64: true, crit: ["b64"] });
for (const alg of ["HS384", "HS512"]) {
  bad[alg] = await sign({}, { alg }, new Uint8Array(64).fill(7));
  bad[`${alg} with the secret`] = await sign({}, { alg });
}
for (const alg of ["RS256", "ES256", "Ed25519"]) {
  bad[alg] = await sign({}, { alg }, (await generateKeyPair(alg)).privateKey);
}
const good = await sign({ jti: "made by jose" });
process.stdout.write(JSON.stringify({ claims, good, bad }));
