// The four requests with Hono and the AWS SDK for JavaScript.
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { HTTPException } from "hono/http-exception";
import { logger } from "hono/logger";

import { auth } from "./auth";
import { TableName, dynamodb } from "./dynamodb";
import { posts } from "./posts";
import { webhook } from "./webhook";

const app = new Hono();
app.use(logger());

app.get("/api/users/:id", auth, async (c) => {
  const id = c.req.param("id");
  const caller = c.get("caller");
  if (caller.id !== id && caller.role !== "admin") throw new HTTPException(403, { message: "Forbidden" });
  const { Item } = await dynamodb.send(new GetCommand({ TableName, Key: { pk: `USER#${id}`, sk: "USER" } }));
  if (Item === undefined) throw new HTTPException(404, { message: "User not found" });
  const { email, name, role, createdAt, updatedAt } = Item;
  return c.json({ id, email, name, role, createdAt, updatedAt });
});
app.route("/api/posts", posts);
app.route("/api/webhooks/stripe", webhook);

export const handler = handle(app);
