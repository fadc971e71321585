import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { QueryCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { v7 } from "uuid";

import { auth } from "./auth";
import { TableName, count, dynamodb, put } from "./dynamodb";

export const posts = new Hono();

posts.get("/", async (c) => {
  const { sort, order, category, limit: given = "10" } = c.req.query();
  const limit = Number(given);
  if (!(limit >= 1 && limit <= 100)) throw new HTTPException(400, { message: "limit must be between 1 and 100" });
  const index = `gsi${(category === undefined ? 1 : 3) + (sort === "title" ? 1 : 0)}`;
  const list = category === undefined ? "POSTS" : `POSTS#${category.toLowerCase()}`;
  const [page, shards] = await Promise.all([
    dynamodb.send(
      new QueryCommand({
        TableName,
        IndexName: index,
        KeyConditionExpression: "#pk = :pk",
        ExpressionAttributeNames: { "#pk": `${index}pk` },
        ExpressionAttributeValues: { ":pk": list },
        ScanIndexForward: order === "asc",
        Limit: limit,
      }),
    ),
    dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": `COUNT#${list}` },
      }),
    ),
  ]);
  const items = page.Items ?? [];
  return c.json({
    posts: items.map(({ pk, title, excerpt, category, published, authorId, createdAt, updatedAt }) => {
      return { id: pk.slice("POST#".length), title, excerpt, category, published, authorId, createdAt, updatedAt };
    }),
    pagination: { limit, total: (shards.Items ?? []).reduce((sum, { n }) => sum + n, 0) },
  });
});

posts.post("/", auth, async (c) => {
  const { title: given, content, category, published = false } = await c.req.json();
  if (typeof given !== "string" || typeof content !== "string" || content === "") {
    throw new HTTPException(400, { message: "title and content are required" });
  }
  const title = given.trim().split(/\s+/).join(" ");
  if (title === "" || title.length > 200) throw new HTTPException(400, { message: "title has 1 to 200 characters" });
  const id = v7();
  const now = new Date().toISOString();
  const authorId = c.get("caller").id;
  const byTitle = `${title.toLowerCase()}\u001f${id}`;
  const lists: [string, string, string][] = [["gsi5", `AUTHOR#${authorId}`, id]];
  const counters = [`AUTHOR#${authorId}`];
  if (published) {
    lists.push(["gsi1", "POSTS", id], ["gsi2", "POSTS", byTitle]);
    counters.push("POSTS");
    if (category !== undefined) {
      const list = `POSTS#${category.toLowerCase()}`;
      lists.push(["gsi3", list, id], ["gsi4", list, byTitle]);
      counters.push(list);
    }
  }
  const post = { title, content, category, published, authorId, createdAt: now, updatedAt: now };
  const keys = lists.flatMap(([index, list, position]) => [
    [`${index}pk`, list],
    [`${index}sk`, position],
  ]);
  const item = {
    pk: `POST#${id}`,
    sk: "POST",
    ...post,
    excerpt: content.slice(0, 200),
    version: 1,
    ...Object.fromEntries(keys),
  };
  const shard = parseInt(id.at(-1)!, 16);
  const writes = [put(item), ...counters.map((counter) => count(counter, shard))];
  if (published) writes.push(put({ pk: `TITLE#${title.toLowerCase()}`, sk: "TITLE", postId: id }));
  try {
    await dynamodb.send(new TransactWriteCommand({ TransactItems: writes }));
  } catch (error) {
    if (error instanceof TransactionCanceledException) throw new HTTPException(409, { message: "The title is taken" });
    throw error;
  }
  return c.json({ id, ...post }, 201);
});
