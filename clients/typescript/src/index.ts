export { type Client, type ClientOptions, createClient } from "./client.js";
export { ApiError, type Code, type Failure, orThrow } from "./errors.js";
export { type Item, items, type ListPath, type ListQuery } from "./pages.js";
export type { RetryPolicy, Send } from "./retry.js";
export type { components, operations, paths } from "./schema.js";
export { type Line, lines, type LinesPath } from "./stream.js";
export { inMemory, type Tokens, type TokenStore } from "./tokens.js";
export { upload, uploadForm, type UploadOptions } from "./upload.js";
export type { OnProgress } from "./upload/progress.js";
