import assert from "node:assert/strict";
import { test } from "node:test";
import { EXPIRED, failed, json, mock, signedIn, tokens } from "./mock.js";

const REFRESH = "/api/auth/refresh";
const PATCH = { params: { path: { id: "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f" } }, body: { name: "Countess" } };

/** Returns an API that accepts the access token with this number, and refreshes to it. */
function current(number: number) {
  return async (request: Request) => {
    if (request.url.endsWith(REFRESH)) {
      return json(tokens(number));
    }
    const good = request.headers.get("Authorization") === `Bearer access-${number}`;
    return good ? json({ sent: await request.text() }) : failed(401, EXPIRED);
  };
}

function paths(requests: Request[]): string[] {
  return requests.map(({ url }) => new URL(url).pathname);
}

test("signing in and out keeps and forgets the tokens", async () => {
  const { client, requests } = mock(({ url }) => (url.endsWith("logout") ? new Response(null, { status: 204 }) : json(tokens(1))));
  await client.signIn({ email: "ada@example.com", password: "analytical engine" });
  assert.deepEqual(client.tokens.get(), tokens(1));
  await client.GET("/api/protected");
  await client.signOut();
  assert.equal(client.tokens.get(), null);
  await client.GET("/api/protected");
  assert.deepEqual(paths(requests), ["/api/auth/login", "/api/protected", "/api/auth/logout", "/api/protected"]);
  assert.deepEqual(await requests[2]?.json(), { refreshToken: "refresh-1" });
  const sent = requests.map(({ headers }) => headers.get("Authorization"));
  assert.deepEqual(sent, [null, "Bearer access-1", null, null]);
});

test("a registration signs in, and a refused one does not", async () => {
  const account = { email: "ada@example.com", password: "analytical engine" };
  const { client } = mock(() => json(tokens(1), 201));
  await client.register(account);
  assert.deepEqual(client.tokens.get(), tokens(1));
  const refusing = mock(() => failed(409, "email_taken")).client;
  assert.equal((await refusing.register(account)).error?.code, "email_taken");
  assert.equal(refusing.tokens.get(), null);
});

test("an expired token is refreshed once for all requests, which are sent again whole", async () => {
  const { client, requests } = mock(current(2), { tokens: signedIn(1) });
  const results = await Promise.all([1, 2, 3].map(() => client.PATCH("/api/users/{id}", PATCH)));
  for (const { data } of results) {
    assert.deepEqual(data, { sent: JSON.stringify(PATCH.body) });
  }
  assert.equal(paths(requests).filter((path) => path === REFRESH).length, 1);
  assert.equal(requests.length, 7);
  assert.deepEqual(client.tokens.get(), tokens(2));
});

test("a token that was refreshed meanwhile, here or in another tab, is taken as it is", async () => {
  const store = signedIn(1);
  const api = current(2);
  const { client, requests } = mock(
    (request) => {
      store.set(tokens(2));
      return api(request);
    },
    { tokens: store },
  );
  assert.equal((await client.GET("/api/protected")).response.status, 200);
  assert.deepEqual(paths(requests), ["/api/protected", "/api/protected"]);
});

test("a second 401 is final", async () => {
  const { client, requests } = mock(
    ({ url }) => (url.endsWith(REFRESH) ? json(tokens(2)) : failed(401, EXPIRED)),
    { tokens: signedIn(1) },
  );
  assert.equal((await client.GET("/api/protected")).error?.code, EXPIRED);
  assert.deepEqual(paths(requests), ["/api/protected", REFRESH, "/api/protected"]);
});

test("whoever may not refresh is signed out", async () => {
  const { client, requests } = mock(
    ({ url }) => failed(401, url.endsWith(REFRESH) ? "missing_token" : EXPIRED),
    { tokens: signedIn() },
  );
  assert.equal((await client.GET("/api/protected")).error?.code, EXPIRED);
  assert.equal(client.tokens.get(), null);
  assert.deepEqual(paths(requests), ["/api/protected", REFRESH]);
});

test("a refresh that fails for now leaves the tokens for the next", async () => {
  const { client, requests } = mock(
    ({ url }) => (url.endsWith(REFRESH) ? failed(503, "unavailable") : failed(401, EXPIRED)),
    { tokens: signedIn() },
  );
  assert.equal((await client.GET("/api/protected")).error?.code, EXPIRED);
  assert.deepEqual(paths(requests), ["/api/protected", REFRESH]);
  assert.deepEqual(client.tokens.get(), tokens(1));
});

test("whoever signs out during a refresh stays signed out", async () => {
  const { client } = mock(
    async ({ url }) => {
      if (url.endsWith("logout")) {
        return new Response(null, { status: 204 });
      }
      if (url.endsWith(REFRESH)) {
        await client.signOut();
        return json(tokens(2));
      }
      return failed(401, EXPIRED);
    },
    { tokens: signedIn(1) },
  );
  assert.equal((await client.GET("/api/protected")).error?.code, EXPIRED);
  assert.equal(client.tokens.get(), null);
});

test("a request is not sent again for another user who signed in during a refresh", async () => {
  const other = { ...tokens(3), user: { ...tokens(3).user, id: "01931a3e-5b1c-7c3d-8e4f-000000000000" } };
  const { client, requests } = mock(
    ({ url }) => {
      if (url.endsWith(REFRESH)) {
        client.tokens.set(other);
        return json(tokens(2));
      }
      return failed(401, EXPIRED);
    },
    { tokens: signedIn(1) },
  );
  assert.equal((await client.GET("/api/protected")).error?.code, EXPIRED);
  assert.deepEqual(client.tokens.get(), other);
  assert.equal(requests.length, 2);
});

test("other 401s, and tokens of the caller's own, are not refreshed", async () => {
  const { client, requests } = mock(() => failed(401, "missing_token"), { tokens: signedIn() });
  assert.equal((await client.GET("/api/protected")).error?.code, "missing_token");
  const own = mock(() => failed(401, EXPIRED), { tokens: signedIn() });
  await own.client.GET("/api/protected", { headers: { Authorization: "Bearer mine" } });
  assert.deepEqual([requests.length, own.requests.length], [1, 1]);
  assert.equal(own.requests[0]?.headers.get("Authorization"), "Bearer mine");
});
