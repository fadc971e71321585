import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { createClient, upload, uploadForm } from "serverless-api-client";
import { failed, json, mock, tokens } from "./mock.js";

const FILE = new File([new Uint8Array(300_000).fill(7)], "engine.png", { type: "image/png" });
const FILE_ID = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/** A server that answers every request alike and records the requests. */
async function serve(t: TestContext, status = 200, answer = "") {
  const stored: { headers: IncomingHttpHeaders; body: Blob }[] = [];
  const listener = createServer(async (request, response) => {
    const pieces = await request.toArray();
    stored.push({ headers: request.headers, body: new Blob(pieces) });
    response.writeHead(status).end(answer);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.after(() => listener.close());
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/key?X-Amz-Signature=1`, stored };
}

/** Returns an API that presigns uploads to this URL, and then returns these states of the file in turn. */
function presigning(url: string, ...answers: Response[]) {
  return mock((request) => {
    const presigned = { fileId: FILE_ID, url, method: "PUT", headers: { "content-type": "image/png" }, expiresAt: "" };
    return request.method === "POST" ? json(presigned, 201) : answers.shift()!;
  });
}

test("a presigned upload sends the file as it is, tells how far it is, and waits until it is ready", async (t) => {
  const { url, stored } = await serve(t);
  const { client, requests } = presigning(url, json({ state: "pending" }), json({ state: "ready", fileId: FILE_ID }));
  const progress: [number, number][] = [];
  const ready = await upload(client, FILE, { onProgress: (...step) => progress.push(step) });

  assert.equal(ready.fileId, FILE_ID);
  assert.deepEqual(await requests[0]?.json(), { fileName: "engine.png", contentType: "image/png", size: FILE.size });
  assert.match(requests[0]!.headers.get("Idempotency-Key")!, /^[0-9a-f-]{36}$/);
  assert.equal(requests.length, 3);
  assert.deepEqual(await stored[0]?.body.arrayBuffer(), await FILE.arrayBuffer());
  assert.equal(stored[0]?.headers["content-length"], String(FILE.size));
  assert.equal(stored[0]?.headers["content-type"], "image/png");
  assert.equal(stored[0]?.headers["authorization"], undefined);
  assert.deepEqual(progress.at(-1), [FILE.size, FILE.size]);
});

test("what S3 refuses is thrown with its reason", async (t) => {
  const { url } = await serve(t, 403, "<Code>AccessDenied</Code>");
  const pending = upload(presigning(url).client, FILE);
  await assert.rejects(pending, { message: "S3 refused the file with 403: <Code>AccessDenied</Code>" });
});

test("a file that is refused after the upload is thrown as the API says it", async (t) => {
  const { url } = await serve(t);
  const pending = upload(presigning(url, failed(404, "not_found")).client, FILE);
  await assert.rejects(pending, { name: "ApiError", message: "The code is not_found" });
});

test("an abort ends the waiting for a file", async (t) => {
  const { url } = await serve(t);
  const abort = new AbortController();
  const { client } = mock(({ method }) => {
    if (method === "POST") {
      return json({ fileId: FILE_ID, url, method: "PUT", headers: {}, expiresAt: "" }, 201);
    }
    abort.abort();
    return json({ state: "pending" });
  });
  await assert.rejects(upload(client, FILE, { signal: abort.signal }), { name: "AbortError" });
});

test("an upload in a form has the file and the user, the key and the token", async (t) => {
  const { url, stored } = await serve(t, 201, `{"success":true,"fileId":"${FILE_ID}"}`);
  const client = createClient({ baseUrl: new URL(url).origin });
  client.tokens.set(tokens(1));
  const progress: number[] = [];
  const uploaded = await uploadForm(client, FILE, "ada", { onProgress: (sent) => progress.push(sent) });

  assert.equal(uploaded.fileId, FILE_ID);
  const { headers, body } = stored[0]!;
  const form = await new Response(body, { headers: { "Content-Type": headers["content-type"]! } }).formData();
  const file = form.get("file") as File;
  assert.deepEqual([form.get("userId"), file.name, file.type], ["ada", FILE.name, FILE.type]);
  assert.deepEqual(await file.arrayBuffer(), await FILE.arrayBuffer());
  assert.equal(headers.authorization, "Bearer access-1");
  assert.match(headers["idempotency-key"] as string, /^[0-9a-f-]{36}$/);
  assert.equal(progress.at(-1), body.size);
});
