import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { failed, json, mock, settle } from "./mock.js";

const BODY = { email: "grace@example.com", name: "Grace" };

/** Time that passes only when the test says so. */
function clock(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  return async (milliseconds: number) => {
    await settle();
    t.mock.timers.tick(milliseconds);
    await settle();
  };
}

/** Returns the answers in turn, and then the last one repeatedly. */
function inTurn(...answers: (() => Response)[]) {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)]!();
}

const busy = (retryAfter: string) => () => failed(503, "unavailable", { "Retry-After": retryAfter });
const ok = () => json({ status: "ok", version: "1" });
const broken = () => {
  throw new TypeError("fetch failed");
};

test("a safe request is sent again after the seconds of Retry-After, and not before", async (t) => {
  const pass = clock(t);
  const { client, requests } = mock(inTurn(busy("2"), ok));
  const pending = client.GET("/api/health");
  await pass(1999);
  assert.equal(requests.length, 1);
  await pass(1);
  assert.equal(requests.length, 2);
  assert.equal((await pending).data?.status, "ok");
});

test("a request that came too soon is sent again, too", async (t) => {
  const pass = clock(t);
  const { client, requests } = mock(inTurn(() => failed(429, "rate_limited", { "Retry-After": "7" }), ok));
  const pending = client.GET("/api/health");
  await pass(6999);
  assert.equal(requests.length, 1);
  await pass(1);
  assert.equal((await pending).response.status, 200);
});

test("Retry-After can be a date", async (t) => {
  const pass = clock(t);
  const { client, requests } = mock(inTurn(busy("Thu, 01 Jan 1970 00:00:05 GMT"), ok));
  const pending = client.GET("/api/health");
  await pass(4999);
  assert.equal(requests.length, 1);
  await pass(1);
  assert.equal((await pending).response.status, 200);
});

test("a Retry-After that is longer than the client waits is final", async () => {
  const { client, requests } = mock(busy("31"));
  assert.equal((await client.GET("/api/health")).response.headers.get("Retry-After"), "31");
  assert.equal(requests.length, 1);
});

test("attempts are bounded, and the last answer or failure is the result", async (t) => {
  const pass = clock(t);
  const answering = mock(busy("1"));
  const failing = mock(broken, { retry: { attempts: 4 } });
  const answered = client(answering);
  const rejected = assert.rejects(client(failing), { message: "fetch failed" });
  for (let second = 0; second < 10; second += 1) {
    await pass(1000);
  }
  assert.equal((await answered).response.status, 503);
  await rejected;
  assert.deepEqual([answering.requests.length, failing.requests.length], [3, 4]);

  function client(mocked: ReturnType<typeof mock>) {
    return mocked.client.GET("/api/health");
  }
});

test("what makes something is repeated with the same key and the same body", async (t) => {
  const pass = clock(t);
  const { client, requests } = mock(inTurn(broken, busy("1"), ok));
  const pending = client.POST("/api/users", { body: BODY });
  await pass(1000);
  await pass(1000);
  assert.equal((await pending).response.status, 200);
  const keys = requests.map(({ headers }) => headers.get("Idempotency-Key"));
  assert.equal(keys.length, 3);
  assert.match(keys[0]!, /^[0-9a-f-]{36}$/);
  assert.deepEqual(new Set(keys).size, 1);
  assert.deepEqual(await Promise.all(requests.map((request) => request.json())), [BODY, BODY, BODY]);
});

test("two calls have two keys, and a key of the caller's own is kept", async () => {
  const { client, requests } = mock(ok);
  await client.POST("/api/users", { body: BODY });
  await client.POST("/api/users", { body: BODY });
  await client.POST("/api/users", { body: BODY, params: { header: { "Idempotency-Key": "mine" } } });
  const [first, second, third] = requests.map(({ headers }) => headers.get("Idempotency-Key"));
  assert.notEqual(first, second);
  assert.equal(third, "mine");
});

test("what could be done twice is not repeated", async () => {
  const { client, requests } = mock(busy("0"));
  const params = { path: { id: "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f" } };
  await client.PATCH("/api/users/{id}", { params, body: {} });
  await client.DELETE("/api/users/{id}", { params });
  await client.POST("/api/auth/login", { body: { email: "ada@example.com", password: "analytical engine" } });
  assert.deepEqual(requests.map(({ method }) => method), ["PATCH", "DELETE", "POST"]);
});

test("errors of the request itself are not repeated", async () => {
  const { client, requests } = mock(() => failed(404, "not_found"));
  await client.GET("/api/health");
  assert.equal(requests.length, 1);
});

test("an abort ends the wait", async () => {
  const { client, requests } = mock(busy("30"));
  const abort = new AbortController();
  const pending = client.GET("/api/health", { signal: abort.signal });
  const rejected = assert.rejects(pending, { name: "AbortError" });
  await settle();
  abort.abort();
  await rejected;
  assert.equal(requests.length, 1);
});
