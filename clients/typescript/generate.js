// Writes src/schema.ts from openapi.json. With --check it only compares, and fails if the file is out of date.

import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import ts from "typescript";

const source = new URL("../../openapi.json", import.meta.url);
const target = new URL("src/schema.ts", import.meta.url);
const document = JSON.parse(await readFile(source, "utf8"));

const types = await openapiTS(document, {
  // A request may leave out a member that has a default.
  defaultNonNullable: false,
  transform: (schema) => (isBinary(schema) ? ts.factory.createTypeReferenceNode("Blob") : undefined),
});
const text = `${COMMENT_HEADER}${astToString(types)}
/** The paths whose POST takes an \`Idempotency-Key\`. */
export const KEYED_PATHS: ReadonlySet<string> = new Set(${JSON.stringify(keyedPaths(document), null, 4)});
`;

if (!process.argv.includes("--check")) {
  await writeFile(target, text);
} else if (text !== (await readFile(target, "utf8"))) {
  console.error("clients/typescript/src/schema.ts is not what openapi.json says: run `make openapi`");
  process.exitCode = 1;
}

function isBinary(schema) {
  return schema.format === "binary" || schema.contentMediaType === "application/octet-stream";
}

function keyedPaths({ paths }) {
  const isKey = ({ name }) => name === "Idempotency-Key";
  return Object.keys(paths).filter((path) => paths[path].post?.parameters?.some(isKey));
}
