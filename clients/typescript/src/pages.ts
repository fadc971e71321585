import type { Client } from "./client.js";
import { orThrow } from "./errors.js";
import type { components, paths } from "./schema.js";

type Pagination = components["schemas"]["Pagination"];

type Page<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Body extends { pagination: Pagination } } } } };
}
  ? Body
  : never;

/** The paths of lists. */
export type ListPath = { [P in keyof paths]: Page<P> extends never ? never : P }[keyof paths];

/** The type of a list's items. */
export type Item<P extends ListPath> = Page<P>[Exclude<keyof Page<P>, "pagination">] extends (infer Item)[] ? Item : never;

/** The parameters of a list, without the position, which the iteration sets. */
export type ListQuery<P extends ListPath> = Omit<
  NonNullable<paths[P]["get"]["parameters"]["query"]>,
  "page" | "cursor"
>;

/** Iterates over a list from its first item to its last. Requests pages of `limit` items as they are needed. */
export async function* items<P extends ListPath>(
  client: Client,
  path: P,
  query: ListQuery<P>,
  init: { signal?: AbortSignal } = {},
): AsyncGenerator<Item<P>, void, undefined> {
  // The call is typed by hand, because tsc does not infer the types through a parameter.
  const get = client.GET as (path: P, init: object) => Promise<{ data?: Page<P>; response: Response }>;
  let cursor: string | null | undefined;
  do {
    const page = orThrow(await get(path, { ...init, params: { query: { ...query, cursor } } }));
    yield* Object.values<unknown>(page).find(Array.isArray) as Item<P>[];
    cursor = page.pagination.nextCursor;
  } while (cursor);
}
