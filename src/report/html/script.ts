/** The filter of the results table, and what unfolds the card that a link leads to. Without it the page is whole. */
export const filterScript = `
const word = document.getElementById("word"), shown = document.getElementById("shown");
const buttons = [...document.querySelectorAll("button[data-filter]")];
const rows = [...document.querySelectorAll("#all tr[data-colour]")];
function apply() {
  const on = new Set(buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.filter));
  const words = word.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !on.has(row.dataset.colour) || !words.every((w) => text.includes(w));
  }
  for (const body of document.querySelectorAll("#all tbody")) body.hidden = !body.querySelector("tr[data-colour]:not([hidden])");
  const left = rows.filter((row) => !row.hidden).length;
  shown.textContent = left === rows.length ? "" : left + " of " + rows.length + " shown";
}
word.addEventListener("input", apply);
word.form.addEventListener("submit", (event) => event.preventDefault());
for (const button of buttons) button.addEventListener("click", () => {
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  apply();
});
apply();
function unfold() {
  const card = document.getElementById(location.hash.slice(1));
  if (card?.matches(".card")) card.firstElementChild.open = true;
}
addEventListener("hashchange", unfold);
unfold();
`;
