import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import Stripe from "stripe";

import { count, dynamodb, put } from "./dynamodb";

/** The time for which an event is remembered, in seconds. */
const EVENT_LIFETIME = 30 * 24 * 60 * 60;

const secret = process.env.STRIPE_WEBHOOK_SECRET!;
const stripe = new Stripe("sk_test_unused");

export const webhook = new Hono();

webhook.post("/", async (c) => {
  let event: Stripe.Event;
  try {
    event = stripe.webhooks.constructEvent(await c.req.text(), c.req.header("stripe-signature") ?? "", secret);
  } catch {
    throw new HTTPException(400, { message: "Invalid signature" });
  }
  if (event.type === "checkout.session.completed" && event.data.object.payment_status === "paid") {
    await record(event, event.data.object);
  }
  return c.json({ received: true });
});

const time = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Records the payment once. */
async function record(event: Stripe.Event, checkout: Stripe.Checkout.Session) {
  const list = `PAYMENTS#${checkout.client_reference_id}`;
  const createdAt = time(checkout.created);
  const expiresAt = Math.floor(Date.now() / 1000) + EVENT_LIFETIME;
  const payment = {
    pk: `PAYMENT#${checkout.id}`,
    sk: "PAYMENT",
    gsi1pk: list,
    gsi1sk: `${createdAt}#${checkout.id}`,
    amountTotal: checkout.amount_total,
    currency: checkout.currency,
    paymentStatus: checkout.payment_status,
    livemode: event.livemode,
    paymentIntent: checkout.payment_intent,
    createdAt,
    paidAt: time(event.created),
  };
  const shard = checkout.id.charCodeAt(checkout.id.length - 1) & 0x0f;
  const writes = [put({ pk: `STRIPE#${event.id}`, sk: "STRIPE", expiresAt }), put(payment), count(list, shard)];
  try {
    await dynamodb.send(new TransactWriteCommand({ TransactItems: writes }));
  } catch (error) {
    // Recorded by an earlier delivery.
    if (!(error instanceof TransactionCanceledException)) throw error;
  }
}
