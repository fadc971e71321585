import type { Client } from "./client.js";
import { orThrow } from "./errors.js";
import { wait } from "./retry.js";
import type { components } from "./schema.js";
import { type OnProgress, sendBody } from "./upload/progress.js";

export interface UploadOptions {
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

type Schemas = components["schemas"];

const ignore = () => {};

/** Uploads a file of up to 4 MiB through the API, in a form. */
export async function uploadForm(client: Client, file: File, userId: string, options: UploadOptions = {}) {
  const { onProgress = ignore, ...init } = options;
  const fetch = client.transport(async (request) => sendBody(request, await request.blob(), onProgress));
  return orThrow(await client.POST("/api/upload", { ...init, body: { file, userId }, fetch }));
}

/** Uploads a file of up to 100 MiB to S3, by a presigned URL, and waits until the API has checked it. */
export async function upload(client: Client, file: File, options: UploadOptions = {}): Promise<Schemas["File"]> {
  const { onProgress = ignore, ...init } = options;
  const contentType = file.type as Schemas["FileType"];
  const body = { fileName: file.name, contentType, size: file.size };
  const { url, method, headers, fileId } = orThrow(await client.POST("/api/upload/presign", { ...init, body }));
  const response = await sendBody(new Request(url, { ...init, method, headers }), file, onProgress);
  if (!response.ok) {
    throw new Error(`S3 refused the file with ${response.status}: ${await response.text()}`);
  }
  for (let delay = 100; ; delay = Math.min(2 * delay, 2000)) {
    const stored = orThrow(await client.GET("/api/upload/{id}", { ...init, params: { path: { id: fileId } } }));
    if (stored.state === "ready") {
      return stored;
    }
    await wait(delay, options.signal);
  }
}
