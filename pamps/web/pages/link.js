// Sends the token of a link, which stands behind the # of the address, with the fields of the form.
"use strict";

const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const token = location.hash.slice(1);

// The token works once; it need not stay in the history of the browser.
history.replaceState(null, "", location.pathname);

function say(text) {
  status.textContent = text;
}

function inWords(error) {
  return error.message.replace(/^String/, "It") + ".";
}

async function send(event) {
  event.preventDefault();
  form.querySelector("button").disabled = true;
  try {
    const body = JSON.stringify({ token, ...Object.fromEntries(new FormData(form)) });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(form.dataset.address, { method: "POST", headers, body });
    if (answer.ok) {
      form.hidden = true;
      say(form.dataset.done);
      return;
    }
    const problem = await answer.json();
    say((problem.errors || []).map(inWords).join(" ") || problem.detail);
  } catch {
    say("The server cannot be reached. Try again.");
  }
  form.querySelector("button").disabled = false;
}

form.addEventListener("submit", send);
// Another link of the same kind, opened in the same tab, differs behind the # alone: the page stays as it is.
addEventListener("hashchange", () => location.reload());
if (!token) {
  form.hidden = true;
  say("This link is not whole. Open the link of the mail, or ask for a new one.");
}
