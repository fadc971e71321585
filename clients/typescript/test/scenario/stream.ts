import { type Client, lines } from "serverless-api-client";
import { collect, equal } from "./expect.js";
import { TITLES } from "./posts.js";

export async function posts(client: Client): Promise<string> {
  const posts = await collect(lines(client, "/api/stream/posts"));
  equal(posts.map(({ title }) => title).reverse(), TITLES);
  return `streamed ${posts.length} posts`;
}

export async function pieces(client: Client): Promise<string> {
  const { data } = await client.GET("/api/stream", { baseUrl: client.streamUrl, parseAs: "stream" });
  const reader = data!.pipeThrough(new TextDecoderStream()).getReader();
  const pieces = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    pieces.push(read.value);
  }
  equal(pieces, ["Hello", " ", "World"]);
  return `streamed a greeting in ${pieces.length} pieces`;
}
