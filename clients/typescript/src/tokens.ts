import type { Code } from "./errors.js";
import type { Send } from "./retry.js";
import type { components } from "./schema.js";

/** The sign-in state: the API's answer to a registration, a sign-in or a refresh. */
export type Tokens = components["schemas"]["Tokens"];

/** Stores the sign-in state, `null` if nobody is signed in. Tabs that share a store share the sign-in. */
export interface TokenStore {
  get(): Tokens | null;
  set(tokens: Tokens | null): void;
}

/** Returns a store in memory, which ends with the page or the process. */
export function inMemory(): TokenStore {
  let tokens: Tokens | null = null;
  return { get: () => tokens, set: (value) => void (tokens = value) };
}

/** Returns new tokens in place of expired ones, or `null` if there are none for the same user. */
type Renew = (expired: Tokens) => Promise<Tokens | null>;

type Refresh = (refreshToken: string) => Promise<{ data?: Tokens; response: Response }>;

const EXPIRED: Code = "token_expired";

/** Returns a function that renews the tokens of a store. Concurrent calls share one refresh. */
export function renewing(store: TokenStore, refresh: Refresh): Renew {
  let pending: Promise<void> | undefined;

  async function replace({ refreshToken }: Tokens): Promise<void> {
    const { data, response } = await refresh(refreshToken);
    // A sign-out or sign-in that happened meanwhile is kept.
    const unchanged = store.get()?.refreshToken === refreshToken;
    if (unchanged && (data || response.status === 401)) {
      store.set(data ?? null);
    }
  }

  return async (expired) => {
    // Another request, or another tab, may have renewed them already.
    if (store.get()?.accessToken === expired.accessToken) {
      pending ??= replace(expired).finally(() => (pending = undefined));
      await pending;
    }
    const now = store.get();
    return now?.user.id === expired.user.id && now.accessToken !== expired.accessToken ? now : null;
  };
}

/** Sends requests with the access token of a store. If it has expired, retries them once with a new one. */
export function authorising(send: Send, store: TokenStore, renew: Renew): Send {
  return async (request) => {
    const tokens = store.get();
    if (!tokens || request.headers.has("Authorization")) {
      return send(request);
    }
    const again = request.clone();
    const response = await send(withToken(request, tokens));
    if (response.status !== 401 || (await codeOf(response)) !== EXPIRED) {
      return response;
    }
    const renewed = await renew(tokens);
    return renewed ? send(withToken(again, renewed)) : response;
  };
}

function withToken(request: Request, { accessToken }: Tokens): Request {
  request.headers.set("Authorization", `Bearer ${accessToken}`);
  return request;
}

async function codeOf(response: Response): Promise<unknown> {
  const body = await response.clone().json().catch(() => null);
  return body?.code;
}
