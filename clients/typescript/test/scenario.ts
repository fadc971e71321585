import { type Client, createClient, orThrow } from "serverless-api-client";
import { equal } from "./scenario/expect.js";
import * as posts from "./scenario/posts.js";
import * as stream from "./scenario/stream.js";
import * as upload from "./scenario/upload.js";

const PASSWORD = "analytical engine no. 1";

/**
 * Uses the API as an application does, in a browser or in Node.js, and returns a line for each step. Throws at the first
 * step with an unexpected result. `expired` is an expired access token.
 */
export async function scenario(baseUrl: string, expired: string): Promise<string[]> {
  const client = createClient({ baseUrl });
  const steps = [
    () => register(client, { email: `${crypto.randomUUID()}@example.com`, password: PASSWORD }),
    () => posts.create(client),
    () => posts.edit(client),
    () => posts.list(client),
    () => refresh(client, expired),
    () => upload.form(client),
    () => upload.presigned(client),
    () => stream.posts(client),
    () => stream.pieces(client),
    () => signOut(client),
  ];
  const log: string[] = [];
  for (const step of steps) {
    try {
      log.push(await step());
    } catch (error) {
      throw new Error(`${error}, after\n${log.join("\n")}`);
    }
  }
  return log;
}

async function register(client: Client, account: { email: string; password: string }): Promise<string> {
  const { user } = orThrow(await client.register(account));
  const again = await client.register({ ...account, password: `${PASSWORD}1` });
  equal([again.error?.code, again.response.status], ["email_taken", 409]);
  return `registered as ${user.role}; the address again: ${again.error?.code}`;
}

async function refresh(client: Client, expired: string): Promise<string> {
  const before = client.tokens.get()!;
  client.tokens.set({ ...before, accessToken: expired });
  const seen = await Promise.all([1, 2, 3].map(async () => orThrow(await client.GET("/api/protected")).user.id));
  equal(seen, [before.user.id, before.user.id, before.user.id]);
  equal(client.tokens.get()!.refreshToken === before.refreshToken, false);
  return `refreshed an expired token for ${seen.length} requests`;
}

async function signOut(client: Client): Promise<string> {
  const { refreshToken } = client.tokens.get()!;
  await client.signOut();
  const anonymous = await client.GET("/api/protected");
  equal(anonymous.error?.code, "missing_token");
  const ended = await client.POST("/api/auth/refresh", { body: { refreshToken } });
  equal(ended.response.status, 401);
  return `signed out: ${anonymous.error?.code}; the refresh token: ${ended.error?.code}`;
}
