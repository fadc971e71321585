import openapiFetch, {
  type Client as OpenapiClient,
  type ClientPathsWithMethod,
  type ClientOptions as OpenapiOptions,
  defaultBodySerializer,
  type FetchResponse,
  type MaybeOptionalInit,
  type ParseAs,
} from "openapi-fetch";
import { orThrow } from "./errors.js";
import { retrying, type RetryPolicy, type Send } from "./retry.js";
import { type components, KEYED_PATHS, type paths } from "./schema.js";
import { authorising, inMemory, renewing, type Tokens, type TokenStore } from "./tokens.js";

/** The options of openapi-fetch's client, such as `headers` and `credentials`, and ours. */
export interface ClientOptions extends OpenapiOptions {
  /** The URL of the API, such as `https://api.example.com`. */
  baseUrl: string;
  /** The URL of the streams: the stack's output `StreamUrl`. The default is where `make run` serves them. */
  streamUrl?: string;
  /** Keeps the sign-in state. The default is {@link inMemory}. */
  tokens?: TokenStore;
  /** The default is 3 attempts, and no wait of more than 30 seconds. */
  retry?: Partial<RetryPolicy>;
}

type Schemas = components["schemas"];
type Json = "application/json";
type Api = OpenapiClient<paths, Json>;
type Method = "get" | "post" | "put" | "patch" | "delete";

/** openapi-fetch's own methods infer the type of a body from the argument, so they accept unknown members. */
type Call<M extends Method> = <P extends ClientPathsWithMethod<Api, M>, As extends ParseAs = "json">(
  path: P,
  ...init: Init<MaybeOptionalInit<paths[P], M>, { parseAs?: As }>
) => Promise<Result<P, M, As>>;

type Init<Options, More> = undefined extends Options ? [init?: Options & More] : [init: Options & More];

type Result<P extends keyof paths, M extends Method, As = "json"> =
  paths[P] extends Record<M, infer Operation extends object> ? FetchResponse<Operation, { parseAs: As }, Json> : never;

type Calls = Pick<Api, "use" | "eject"> & { [M in Method as Uppercase<M>]: Call<M> };

/** openapi-fetch's client of the API. It also signs in, refreshes tokens and retries requests. */
export interface Client extends Calls {
  /** Registers an account and signs in to it. */
  register(body: Schemas["RegistrationInput"]): Promise<Result<"/api/auth/register", "post">>;
  /** Signs in to an account. */
  signIn(body: Schemas["CredentialsInput"]): Promise<Result<"/api/auth/login", "post">>;
  /** Forgets the tokens and revokes them at the API. */
  signOut(): Promise<void>;
  /** Adds the access token and the retries to another `fetch`. */
  transport(send: Send): Send;
  readonly tokens: TokenStore;
  readonly streamUrl: string;
}

/** Returns a client of the API at a URL. */
export function createClient(options: ClientOptions): Client {
  const { streamUrl, tokens = inMemory(), retry, fetch: send = (request) => fetch(request), ...rest } = options;
  const renew = renewing(tokens, (refreshToken) =>
    api.POST("/api/auth/refresh", { body: { refreshToken }, fetch: send }),
  );
  const transport = (send: Send) =>
    authorising(retrying(send, { attempts: 3, maxDelay: 30_000, ...retry }), tokens, renew);
  const api = openapiFetch<paths, Json>({ bodySerializer, ...rest, fetch: transport(send) }) as Calls;
  api.use({
    onRequest({ request, schemaPath }) {
      if (request.method === "POST" && KEYED_PATHS.has(schemaPath) && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", crypto.randomUUID());
      }
    },
  });

  function keep<R extends { data?: Tokens }>(result: R): R {
    if (result.data) {
      tokens.set(result.data);
    }
    return result;
  }

  return Object.assign(api, {
    streamUrl: streamUrl ?? `${rest.baseUrl.replace(/\/$/, "")}/lambda-url/stream`,
    tokens,
    transport,
    register: async (body: Schemas["RegistrationInput"]) => keep(await api.POST("/api/auth/register", { body })),
    signIn: async (body: Schemas["CredentialsInput"]) => keep(await api.POST("/api/auth/login", { body })),
    async signOut() {
      const before = tokens.get();
      tokens.set(null);
      if (before) {
        orThrow(await api.POST("/api/auth/logout", { body: { refreshToken: before.refreshToken } }));
      }
    },
  });
}

/** Serialises a body with a file as a form, and any other body as JSON. */
function bodySerializer(body: unknown): FormData | string {
  const members = Object.entries(body ?? {});
  if (!members.some(([, value]) => value instanceof Blob)) {
    return defaultBodySerializer(body);
  }
  const form = new FormData();
  members.forEach(([name, value]) => value === undefined || form.append(name, value));
  return form;
}
