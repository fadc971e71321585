"""Reads one of our access tokens with PyJWT, and makes others with the same secret.

In: {"secret", "token"}. Out: {"claims": of our token, "good": a token like it, "bad": {fault: a token}}.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
secret, token = given["secret"], given["token"]

header = jwt.get_unverified_header(token)
assert header["typ"] == "at+jwt", header
claims = jwt.decode(
    token,
    secret,
    algorithms=["HS256"],
    audience="api",
    issuer="api",
    options={"require": ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "role", "authEpoch", "auth_time"]},
)


def sign(changed=None, without=None, key=secret, algorithm="HS256", **headers):
    body = {name: value for name, value in {**claims, **(changed or {})}.items() if name != without}
    # PyJWT leaves out a `typ` that is None, and takes `alg` from its own argument.
    return jwt.encode(body, key, algorithm=algorithm, headers={**header, "alg": algorithm, **headers})


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
    "HS384": sign(algorithm="HS384"),
    "HS512": sign(algorithm="HS512"),
    "another secret": sign(key="another secret of at least thirty-two bytes, of nobody's here" * 2),
}
json.dump({"claims": claims, "good": sign({"jti": "made by PyJWT"}), "bad": bad}, sys.stdout)
