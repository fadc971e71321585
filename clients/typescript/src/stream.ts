import type { Client } from "./client.js";
import { ApiError, type Failure, orThrow } from "./errors.js";
import type { paths } from "./schema.js";

type AnyLine<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/x-ndjson": infer Line } } } };
}
  ? Line
  : never;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** The paths of streams of JSON lines. */
export type LinesPath = { [P in keyof paths]: AnyLine<P> extends never ? never : P }[keyof paths];

/** The type of a stream's lines. */
export type Line<P extends LinesPath> = Exclude<AnyLine<P>, { complete: unknown } | { code: unknown }>;

/** Iterates over a stream of JSON lines as they arrive. Throws unless the stream says at its end that it is complete. */
export async function* lines<P extends LinesPath>(
  client: Client,
  path: P,
  init: { signal?: AbortSignal } = {},
): AsyncGenerator<Line<P>, void, undefined> {
  const get = client.GET as (path: P, init: object) => Promise<{ data?: Body; response: Response }>;
  const body = orThrow(await get(path, { ...init, baseUrl: client.streamUrl, parseAs: "stream" }));
  for await (const text of splitLines(body)) {
    const line = JSON.parse(text);
    if ("complete" in line) {
      return;
    }
    if ("code" in line && "requestId" in line) {
      throw new ApiError(line as Failure);
    }
    yield line;
  }
  throw new Error(`${path} ended before its last line`);
}

/** Iterates over the lines of a text. Browsers' streams are not iterable yet, so this reads by hand. */
async function* splitLines(body: Body): AsyncGenerator<string, void, undefined> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const parts = (rest + read.value).split("\n");
      rest = parts.pop()!;
      yield* parts;
    }
  } finally {
    await reader.cancel();
  }
}
