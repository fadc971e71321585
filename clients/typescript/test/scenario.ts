import { type Client, createClient, items, lines, orThrow, upload, uploadForm } from "serverless-api-client";

const PASSWORD = "analytical engine no. 1";

/**
 * Uses the API as an application does, in a browser or in Node.js, and returns a line for each step. Throws at the first
 * step with an unexpected result. `expired` is an expired access token.
 */
export async function scenario(baseUrl: string, expired: string): Promise<string[]> {
  const client = createClient({ baseUrl });
  const unique = crypto.randomUUID();
  const titles = ["First", "Second", "Third", "Fourth", "Fifth"].map((number) => `${number} post ${unique}`);
  const steps = [
    () => register(client, { email: `${unique}@example.com`, password: PASSWORD }),
    () => create(client, titles),
    () => edit(client),
    () => list(client, titles),
    () => refresh(client, expired),
    () => sendForm(client),
    () => sendToS3(client),
    () => streamPosts(client, titles),
    () => streamPieces(client),
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

async function create(client: Client, titles: string[]): Promise<string> {
  for (const title of titles) {
    const created = await client.POST("/api/posts", { body: { title, content: "It weaves.", published: true } });
    equal(orThrow(created).title, title);
  }
  return `created ${titles.length} posts`;
}

async function edit(client: Client): Promise<string> {
  const title = `A draft ${crypto.randomUUID()}`;
  const created = await client.POST("/api/posts", { body: { title, content: "It weaves." } });
  const tag = created.response.headers.get("ETag")!;
  const params = { path: { id: orThrow(created).id }, header: { "If-Match": tag } };
  const edited = await client.PATCH("/api/posts/{id}", { params, body: { category: "tech" } });
  equal(orThrow(edited).category, "tech");
  const stale = await client.PATCH("/api/posts/{id}", { params, body: { category: null } });
  equal([stale.error?.code, stale.response.status], ["precondition_failed", 412]);
  return `edited a draft at ${tag}; at the same tag again: ${stale.error?.code}`;
}

async function list(client: Client, titles: string[]): Promise<string> {
  const posts = await collect(items(client, "/api/posts", { sort: "createdAt", order: "asc", limit: 2 }));
  equal(posts.map(({ title }) => title), titles);
  return `listed ${posts.length} posts to the end, 2 a page`;
}

async function refresh(client: Client, expired: string): Promise<string> {
  const before = client.tokens.get()!;
  client.tokens.set({ ...before, accessToken: expired });
  const seen = await Promise.all([1, 2, 3].map(async () => orThrow(await client.GET("/api/protected")).user.id));
  equal(seen, [before.user.id, before.user.id, before.user.id]);
  equal(client.tokens.get()!.refreshToken === before.refreshToken, false);
  return `refreshed an expired token for ${seen.length} requests`;
}

async function sendForm(client: Client): Promise<string> {
  const file = new File(["It weaves. ".repeat(100_000)], "form.txt", { type: "text/plain" });
  const { onProgress, steps } = progress();
  const sent = await uploadForm(client, file, client.tokens.get()!.user.id, { onProgress });
  equal(sent.fileName, file.name);
  // The form is slightly larger than its file.
  equal(steps.at(-1)! > file.size, true);
  return `uploaded ${file.size} bytes in a form`;
}

async function sendToS3(client: Client): Promise<string> {
  const file = new File(["It weaves. ".repeat(1_000_000)], "presigned.txt", { type: "text/plain" });
  const { onProgress, steps } = progress();
  const stored = await upload(client, file, { onProgress });
  equal([stored.fileName, stored.size, steps.at(-1)], [file.name, file.size, file.size]);
  const downloaded = await fetch(stored.downloadUrl!);
  equal(await downloaded.text(), await file.text());
  return `uploaded ${file.size} bytes to S3 and read them back`;
}

async function streamPosts(client: Client, titles: string[]): Promise<string> {
  const posts = await collect(lines(client, "/api/stream/posts"));
  equal(posts.map(({ title }) => title).reverse(), titles);
  return `streamed ${posts.length} posts`;
}

async function streamPieces(client: Client): Promise<string> {
  const { data } = await client.GET("/api/stream", { baseUrl: client.streamUrl, parseAs: "stream" });
  const reader = data!.pipeThrough(new TextDecoderStream()).getReader();
  const pieces = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    pieces.push(read.value);
  }
  equal(pieces, ["Hello", " ", "World"]);
  return `streamed a greeting in ${pieces.length} pieces`;
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

/** Records the number of bytes sent, which must never decrease. */
function progress() {
  const steps: number[] = [];
  const onProgress = (sent: number, total: number) => {
    equal(sent >= (steps.at(-1) ?? 0) && sent <= total, true);
    steps.push(sent);
  };
  return { onProgress, steps };
}

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const each of iterable) {
    all.push(each);
  }
  return all;
}

function equal(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)} and not ${JSON.stringify(actual)}`);
  }
}
