import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MODES = [["nodenext", "nodenext"], ["esnext", "bundler"]] as const;

test("the packed files are a package that strict projects compile with", async (t) => {
  const project = await mkdtemp(join(tmpdir(), "client-"));
  t.after(() => rm(project, { recursive: true }));
  const packed = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const outside = files.map(({ path }: { path: string }) => path).filter((path: string) => !path.startsWith("dist/"));
  assert.deepEqual(outside.sort(), ["LICENSE", "README.md", "package.json"]);

  const modules = join(project, "node_modules");
  await mkdir(join(modules, "@types"), { recursive: true });
  await run("tar", ["-xzf", join(project, filename), "-C", project]);
  await cp(join(project, "package"), join(modules, "serverless-api-client"), { recursive: true });
  for (const name of ["openapi-fetch", "openapi-typescript-helpers", "@types/node", "undici-types"]) {
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  await cp(join(ROOT, "test/documents/tour.ts"), join(project, "index.ts"));
  await writeFile(join(project, "package.json"), '{"type": "module"}');
  for (const [module, resolution] of MODES) {
    const options = ["--strict", "--noEmit", "--target", "es2022", "--module", module, "--moduleResolution", resolution];
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, "index.ts"], { cwd: project });
  }
});
