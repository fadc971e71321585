import { type ClientOptions, type Code, createClient, inMemory, type Tokens } from "serverless-api-client";

/** The code of an access token that has expired. */
export const EXPIRED: Code = "token_expired";

export const API = "http://api.test";

/** Returns a client of an API that answers with this function, and the requests that it received. */
export function mock(answer: (request: Request) => Response | Promise<Response>, options: Partial<ClientOptions> = {}) {
  const requests: Request[] = [];
  const fetch = async (request: Request) => {
    const [kept, read] = [request.clone(), request.clone()];
    requests.push(kept);
    // Sending a request consumes its body.
    await request.arrayBuffer();
    return answer(read);
  };
  return { client: createClient({ baseUrl: API, fetch, ...options }), requests };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

export function failed(status: number, code: string, headers: Record<string, string> = {}): Response {
  const timestamp = "2026-01-31T12:00:00.000Z";
  return json({ error: `The code is ${code}`, code, requestId: "UGFkZyG6liAEMUQ=", timestamp }, status, headers);
}

/** Returns the answer to a sign-in, with tokens that end in this number. */
export function tokens(number: number): Tokens {
  const id = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";
  const at = "2026-01-31T12:00:00.000Z";
  const user = { id, email: "ada@example.com", name: "Ada", role: "user" as const, createdAt: at, updatedAt: at };
  const expiresIn = 900;
  return { user, accessToken: `access-${number}`, refreshToken: `refresh-${number}`, tokenType: "Bearer", expiresIn };
}

/** Returns a store with a signed-in user. */
export function signedIn(number = 1) {
  const store = inMemory();
  store.set(tokens(number));
  return store;
}

/** Runs the tasks that are ready. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const each of iterable) {
    all.push(each);
  }
  return all;
}
