// Tries the operation with the id `args`, as the page fills it in, and returns what the page shows of the answer.
const until = async (condition) => {
  for (;;) {
    const found = condition();
    if (found) return found;
    await new Promise((ready) => setTimeout(ready, 10));
  }
};
const operation = await until(() => document.getElementById(args));
const find = (selector) => operation.querySelector(selector);
const text = (selector) => find(selector)?.innerText ?? null;

find(".opblock-summary-control").click();
(await until(() => find(".try-out__btn"))).click();
const execute = await until(() => find(".execute"));
// No page can fill in a file.
for (const input of operation.querySelectorAll("input[type=file]")) {
  const files = new DataTransfer();
  files.items.add(new File(["It weaves."], "notes.txt", { type: "text/plain" }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
execute.click();
const status = ".live-responses-table .response .response-col_status";
await until(() => find(status) || find(".invalid, .validation-errors li"));
const seen = {
  // "200", or "418 Undocumented".
  status: text(status),
  invalid: [...operation.querySelectorAll(".invalid, .validation-errors li")].map((element) => element.outerHTML),
  request: text(".request-url"),
  answer: text(".live-responses-table .response .response-col_description"),
};
// A page of open operations is slow.
find(".opblock-summary-control").click();
return seen;
