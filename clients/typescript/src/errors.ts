import type { operations } from "./schema.js";

/** The JSON bodies of an operation's responses. */
type Bodies<Operation> = Operation extends { responses: infer Responses }
  ? { [S in keyof Responses]: Responses[S] extends { content: { "application/json": infer Body } } ? Body : never }[keyof Responses]
  : never;

/** The body of an error response of any operation. `code` identifies the error. */
export type Failure = Extract<Bodies<operations[keyof operations]>, { code: string; requestId: string }>;

/** The machine-readable names of errors. */
export type Code = Failure["code"];

/** An error response, thrown by `orThrow` and the functions that use it. `error.failure.code` identifies the error. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly failure: Failure,
    readonly response?: Response,
  ) {
    super(failure.error ?? `The API answered ${response?.status}`);
  }
}

/** Returns the data of a result. Throws an {@link ApiError} if the result is an error. */
export function orThrow<Data>(result: { data?: Data; error?: unknown; response: Response }): Data {
  if (!result.response.ok) {
    // The gateway and proxies in front of it have their own errors, in other shapes.
    throw new ApiError((result.error ?? {}) as Failure, result.response);
  }
  return result.data as Data;
}
