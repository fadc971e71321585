"""Verifies our webhook signatures with Stripe's own library for Python, and makes others with the same secret.

In: {"secret", "payload", "ours": {name: header}}.
Out: {"accepted": names of ours, "good": {name: header}, "bad": {fault: header}}.
"""

import json
import sys
import time

import stripe

given = json.load(sys.stdin)
secret, payload = given["secret"], given["payload"]
now = int(time.time())


def accepts(header):
    try:
        event = stripe.Webhook.construct_event(payload.encode(), header, secret)
    except stripe.SignatureVerificationError:
        return False
    assert event.type == "checkout.session.completed", event
    return True


def sign(body=payload, key=secret, at=now):
    return stripe.WebhookSignature.generate_signature_header(body, key, at)


time_and, signature = sign().split(",")
good = {
    "signed now": sign(),
    "signed a while ago": sign(at=now - 200),
    "signed by two secrets": f"{sign(key='whsec_of_an_endpoint_elsewhere')},{signature}",
    "with a signature of test mode": f"{sign()},v0={'0' * 64}",
}
bad = {
    "another secret": sign(key="whsec_of_an_endpoint_elsewhere"),
    "the secret without its prefix": sign(key=secret.removeprefix("whsec_")),
    "another body": sign(body=payload.replace("1999", "1")),
    "a body that was parsed": sign(body=json.dumps(json.loads(payload))),
    "too old": sign(at=now - 400),
    "another time": f"t={now - 1},{signature}",
    "another scheme": sign().replace("v1=", "v0="),
    "no time": signature,
    "no signature": time_and,
}
assert all(map(accepts, good.values())), "what Stripe's library signs is what it accepts"
accepted = [name for name, header in given["ours"].items() if accepts(header)]
json.dump({"accepted": accepted, "good": good, "bad": bad}, sys.stdout)
