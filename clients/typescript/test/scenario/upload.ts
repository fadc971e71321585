import { type Client, upload, uploadForm } from "serverless-api-client";
import { equal } from "./expect.js";

export async function form(client: Client): Promise<string> {
  const file = new File(["It weaves. ".repeat(100_000)], "form.txt", { type: "text/plain" });
  const { onProgress, steps } = progress();
  const sent = await uploadForm(client, file, client.tokens.get()!.user.id, { onProgress });
  equal(sent.fileName, file.name);
  // The form is slightly larger than its file.
  equal(steps.at(-1)! > file.size, true);
  return `uploaded ${file.size} bytes in a form`;
}

export async function presigned(client: Client): Promise<string> {
  const file = new File(["It weaves. ".repeat(1_000_000)], "presigned.txt", { type: "text/plain" });
  const { onProgress, steps } = progress();
  const stored = await upload(client, file, { onProgress });
  equal([stored.fileName, stored.size, steps.at(-1)], [file.name, file.size, file.size]);
  const downloaded = await fetch(stored.downloadUrl!);
  equal(await downloaded.text(), await file.text());
  return `uploaded ${file.size} bytes to S3 and read them back`;
}

/** Records the number of bytes sent, which must never decrease. */
function progress() {
  const steps: number[] = [];
  const onProgress = (sent: number, total: number) => {
    equal(sent >= (steps.at(-1) ?? 0) && sent <= total, true);
    steps.push(sent);
  };
  return { onProgress, steps };
}
