/* Shows the copy button, which is of no use without a script. */

const status = document.querySelector("[data-copy-status]");

for (const button of document.querySelectorAll("[data-copy]")) {
  const input = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    input.select();
    let copied;
    try {
      await navigator.clipboard.writeText(input.value);
      copied = true;
    } catch {
      // The clipboard API wants https; on a plain local network the old command still works.
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    status.textContent = copied ? "The link was copied." : "The link is selected; copy it with Ctrl+C.";
    setTimeout(() => { button.textContent = label; }, 2500);
  });
}
