"""Verifies one of our access tokens with PyJWT and the published keys, and makes others with the same private key.

In: {"keys": URL, "secret", "salt", "token"}. Out: {"claims": of our token, "good": a token like it, "bad": {fault: a token}}.
"""

import hashlib
import hmac
import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

given = json.load(sys.stdin)
token = given["token"]
published = jwt.PyJWKClient(given["keys"]).get_signing_key_from_jwt(token)

header = jwt.get_unverified_header(token)
assert header["typ"] == "at+jwt" and header["alg"] == "EdDSA", header
claims = jwt.decode(
    token,
    published,
    algorithms=["EdDSA"],
    audience="api",
    issuer="api",
    options={"require": ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "role", "authEpoch", "auth_time"]},
)

seed = HKDF(SHA256(), 32, urlsafe_b64decode(given["salt"] + "="), b"access token").derive(given["secret"].encode())
private = Ed25519PrivateKey.from_private_bytes(seed)
public = private.public_key().public_bytes_raw()
assert public == published.key.public_bytes_raw()


def sign(changed=None, without=None, key=private, algorithm="EdDSA", **headers):
    body = {name: value for name, value in {**claims, **(changed or {})}.items() if name != without}
    # PyJWT leaves out a `typ` that is None, and takes `alg` from its own argument.
    return jwt.encode(body, key, algorithm=algorithm, headers={**header, "alg": algorithm, **headers})


def forged(algorithm, digest, secret):
    """A token with a MAC: PyJWT itself refuses to use a public key as a secret."""
    encode = lambda part: urlsafe_b64encode(part).decode().rstrip("=")
    message = f"{encode(json.dumps({**header, 'alg': algorithm}).encode())}.{token.split('.')[1]}"
    return f"{message}.{encode(hmac.new(secret, message.encode(), digest).digest())}"


now = claims["iat"]
bad = {f"no {name}": sign(without=name) for name in claims}
bad |= {
    "typ JWT": sign(typ="JWT"),
    "typ rt+jwt": sign(typ="rt+jwt"),
    "no typ": sign(typ=None),
    "unknown kid": sign(kid="AAAAAAAAAAA"),
    "another issuer": sign({"iss": "https://other.example"}),
    "another audience": sign({"aud": "https://other.example"}),
    "expired": sign({"exp": now - 3600}),
    "not yet valid": sign({"nbf": now + 3600}),
    "issued in the future": sign({"iat": now + 3600}),
    "a role that is none": sign({"role": "root"}),
    "a subject that is no user": sign({"sub": "admin"}),
    "alg none": sign(key=None, algorithm="none"),
    "HS256 with the public key": forged("HS256", hashlib.sha256, public),
    "HS512 with the public key": forged("HS512", hashlib.sha512, public),
    "HS256 with the secret": forged("HS256", hashlib.sha256, given["secret"].encode()),
    "another key": sign(key=Ed25519PrivateKey.generate()),
}
json.dump({"claims": claims, "good": sign({"jti": "made by PyJWT"}), "bad": bad}, sys.stdout)
