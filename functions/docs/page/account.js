// The pages to which links in mails lead. The token is in the fragment, which no server sees. Only the button sends it, so
// a program that follows links in mails changes nothing.
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const button = form.querySelector("button");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  const body = JSON.stringify({ token: location.hash.slice(1), ...Object.fromEntries(new FormData(form)) });
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(form.dataset.action, { method: "POST", headers, body });
    form.hidden = response.ok;
    status.textContent = response.ok ? form.dataset.done : (await response.json()).error;
  } catch {
    status.textContent = "The API could not be reached. Try again.";
  }
  button.disabled = false;
});
