// Writes the TypeScript of docs/tour.md and of the package's README.md to test/documents, one module for each document.
// tsc compiles these modules with the tests. They call the API at $API instead of the port of `make run`.

import { mkdir, readFile, writeFile } from "node:fs/promises";

const folder = new URL("documents/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, path] of [["tour", "../../../docs/tour.md"], ["package", "../README.md"]]) {
  const text = await readFile(new URL(path, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  if (blocks.length === 0) {
    throw new Error(`${path} shows no TypeScript`);
  }
  const module = blocks.join("\n").replace('"http://127.0.0.1:3000"', "process.env.API!");
  await writeFile(new URL(`${name}.ts`, folder), module);
}
