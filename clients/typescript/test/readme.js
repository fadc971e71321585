// Writes the TypeScript of the two README.md, each as a module, to test/readme: tsc compiles it with the tests.
// The API is at $API, and not at the port of `make run`.

import { mkdir, readFile, writeFile } from "node:fs/promises";

const folder = new URL("readme/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, path] of [["product", "../../../README.md"], ["package", "../README.md"]]) {
  const text = await readFile(new URL(path, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  if (blocks.length === 0) {
    throw new Error(`${path} shows no TypeScript`);
  }
  const module = blocks.join("\n").replace('"http://127.0.0.1:3000"', "process.env.API!");
  await writeFile(new URL(`${name}.ts`, folder), module);
}
