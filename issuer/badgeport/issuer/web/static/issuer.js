"use strict";
/* Small helps; every page works without them. */
document.documentElement.classList.add("lively");
const wrong = document.getElementById("mistakes");
if (wrong) wrong.focus();
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = button.dataset.copied;
  });
}
for (const here of document.querySelectorAll(".places [aria-current], .rooms [aria-current]")) {
  here.scrollIntoView({ block: "nearest", inline: "center" });
}
