import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, items } from "serverless-api-client";
import { collect, failed, json, mock } from "./mock.js";

/** Returns an API with a list of this many users, in pages of two. */
function listing(count: number) {
  return mock(({ url }) => {
    const start = Number(new URL(url).searchParams.get("cursor") ?? 0);
    const users = Array.from({ length: Math.min(2, count - start) }, (_, index) => ({ name: `User ${start + index}` }));
    const nextCursor = start + 2 < count ? String(start + 2) : null;
    return json({ pagination: { page: null, limit: 2, total: count, totalPages: 2, nextCursor }, users });
  });
}

test("a list is read to its end by cursor", async () => {
  const { client, requests } = listing(5);
  const names = (await collect(items(client, "/api/users", { limit: 2 }))).map(({ name }) => name);
  assert.deepEqual(names, ["User 0", "User 1", "User 2", "User 3", "User 4"]);
  const queries = requests.map(({ url }) => new URL(url).search);
  assert.deepEqual(queries, ["?limit=2", "?limit=2&cursor=2", "?limit=2&cursor=4"]);
});

test("a list may be empty", async () => {
  assert.deepEqual(await collect(items(listing(0).client, "/api/users", {})), []);
});

test("a page is asked for when it is needed", async () => {
  const { client, requests } = listing(100);
  for await (const { name } of items(client, "/api/users", {})) {
    if (name === "User 2") {
      break;
    }
  }
  assert.equal(requests.length, 2);
});

test("an error ends the list and says why", async () => {
  const { client } = mock(() => failed(400, "validation_failed"));
  await assert.rejects(collect(items(client, "/api/users", {})), (error) => {
    assert(error instanceof ApiError);
    assert.equal(error.message, "The code is validation_failed");
    assert.deepEqual([error.failure.code, error.response?.status], ["validation_failed", 400]);
    return true;
  });
});

test("an error that is not the API's is one, too", async () => {
  const { client } = mock(() => json({ message: "Forbidden" }, 403));
  await assert.rejects(collect(items(client, "/api/users", {})), { name: "ApiError", message: "The API answered 403" });
  for (const [body, headers] of [["<html>", {}], [null, { "Content-Length": "0" }]] as const) {
    const proxy = mock(() => new Response(body, { status: 403, headers }));
    await assert.rejects(collect(items(proxy.client, "/api/users", {})), { message: "The API answered 403" });
  }
});
