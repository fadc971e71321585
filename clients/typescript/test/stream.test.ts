import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createClient, lines } from "serverless-api-client";
import { collect, failed, mock, signedIn } from "./mock.js";

const POSTS = [{ title: "Über" }, { title: "Notes" }];
const END = { complete: true, count: 2 };

/** Returns an API whose stream has these lines, in pieces of this many bytes. */
function streaming(all: unknown[], size = 1000) {
  const bytes = new TextEncoder().encode(all.map((line) => `${JSON.stringify(line)}\n`).join(""));
  let taken = 0;
  let cancelled = false;
  const body = new ReadableStream(
    {
      pull(controller) {
        taken < bytes.length ? controller.enqueue(bytes.slice(taken, (taken += size))) : controller.close();
      },
      cancel: () => void (cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { ...mock(() => new Response(body), { tokens: signedIn() }), rest: () => bytes.length - taken, cancelled: () => cancelled };
}

test("lines are whole wherever the pieces end", async () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const { client, requests } = streaming([...POSTS, END], size);
    assert.deepEqual(await collect(lines(client, "/api/stream/posts")), POSTS, `pieces of ${size}`);
    assert.equal(requests[0]?.url, "http://api.test/lambda-url/stream/api/stream/posts");
  }
});

test("a line is there before the stream has ended, and leaving it cancels the rest", async () => {
  const stream = streaming([...POSTS, ...Array(1000).fill(POSTS[0]), END], 10);
  for await (const post of lines(stream.client, "/api/stream/posts")) {
    assert.deepEqual(post, POSTS[0]);
    break;
  }
  assert(stream.rest() > 1000);
  assert(stream.cancelled());
});

test("a stream without its last line was cut", async () => {
  const pending = collect(lines(streaming(POSTS).client, "/api/stream/posts"));
  await assert.rejects(pending, { message: "/api/stream/posts ended before its last line" });
});

test("an error as the last line is thrown", async () => {
  const error = await failed(503, "unavailable").json();
  await assert.rejects(collect(lines(streaming([...POSTS, error]).client, "/api/stream/posts")), (thrown) => {
    assert(thrown instanceof ApiError);
    assert.deepEqual(thrown.failure, error);
    return true;
  });
});

test("an error before the first line is thrown", async () => {
  const { client } = mock(() => failed(429, "rate_limited", { "Retry-After": "60" }));
  await assert.rejects(collect(lines(client, "/api/stream/posts")), { name: "ApiError" });
});

test("the streams can be somewhere else", async () => {
  const { client, requests } = mock(() => new Response('{"complete":true,"count":0}\n'), { streamUrl: "http://stream.test" });
  assert.deepEqual(await collect(lines(client, "/api/stream/posts")), []);
  assert.equal(requests[0]?.url, "http://stream.test/api/stream/posts");
  assert.equal(createClient({ baseUrl: "http://api.test/" }).streamUrl, "http://api.test/lambda-url/stream");
});
