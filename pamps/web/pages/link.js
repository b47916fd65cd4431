// Sends the token from the fragment of the link together with the fields of the form.
"use strict";

const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const token = location.hash.slice(1);

// The token works once and need not stay in the browser history.
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
// Another such link opened in the same tab differs only in its fragment, which does not reload the page.
addEventListener("hashchange", () => location.reload());
if (!token) {
  form.hidden = true;
  say("This link is incomplete. Open the link from the e-mail, or request a new one.");
}
