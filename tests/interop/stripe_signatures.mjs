// Verifies our webhook signatures as Stripe's own library for Node.js does, and makes others with the same secret.
//
// In: {"secret", "payload", "ours": {name: header}}.
// Out: {"accepted": names of ours, "good": {name: header}, "bad": {what is wrong: header}}.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import Stripe from "stripe";

const { secret, payload, ours } = JSON.parse(readFileSync(0, "utf8"));
const { webhooks } = new Stripe("sk_test_of_nobody");
const now = Math.floor(Date.now() / 1000);

const accepts = (header) => {
  try {
    const event = webhooks.constructEvent(Buffer.from(payload), header, secret);
    assert.equal(event.type, "checkout.session.completed");
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
};

const sign = (changes = {}) =>
  webhooks.generateTestHeaderString({ payload, secret, timestamp: now, ...changes });

const [time, signature] = sign().split(",");
const elsewhere = "whsec_of_an_endpoint_elsewhere";
const good = {
  "signed now": sign(),
  "signed a while ago": sign({ timestamp: now - 200 }),
  "signed by two secrets": `${sign({ secret: elsewhere })},${signature}`,
  "with a signature of test mode": `${sign()},v0=${"0".repeat(64)}`,
};
const bad = {
  "another secret": sign({ secret: elsewhere }),
  "the secret without its prefix": sign({ secret: secret.replace(/^whsec_/, "") }),
  "another body": sign({ payload: payload.replace("1999", "1") }),
  "a body that was parsed": sign({ payload: JSON.stringify(JSON.parse(payload)) }),
  "too old": sign({ timestamp: now - 400 }),
  "another time": `t=${now - 1},${signature}`,
  "another scheme": sign({ scheme: "v0" }),
  "no time": signature,
  "no signature": time,
};
assert(Object.values(good).every(accepts), "what Stripe's library signs is what it accepts");
const accepted = Object.entries(ours).filter(([, header]) => accepts(header)).map(([name]) => name);
process.stdout.write(JSON.stringify({ accepted, good, bad }));
