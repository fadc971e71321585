// Code that tsc must refuse. tsc compiles this file, and nothing runs it.

import { type Client, items } from "serverless-api-client";

export function typed(client: Client) {
  items(client, "/api/posts", { sort: "title" });
  // @ts-expect-error: the list has no such order
  items(client, "/api/posts", { sort: "author" });
}
