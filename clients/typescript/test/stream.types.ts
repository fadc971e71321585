// Code that tsc must refuse. tsc compiles this file, and nothing runs it.

import { type Client, lines } from "serverless-api-client";

export async function typed(client: Client) {
  // @ts-expect-error: these are no lines
  lines(client, "/api/stream");
  for await (const post of lines(client, "/api/stream/posts")) {
    // @ts-expect-error: a post has no such member
    post.titel;
    post.title.toUpperCase();
  }
}
