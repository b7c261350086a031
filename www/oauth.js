// Ends the log-in that has led here: hands it to the page that waits for it, or goes back to where it began.
import { finish } from "/pkg/auth/index.js";

finish().then(
  (finished) => finished && location.reload(),
  // What an authorization server says is text, and nothing else.
  (error) => (/** @type {HTMLElement} */ (document.querySelector("#outcome")).textContent = error.message),
);
