// The section of all genes: opens when it is looked at, follows its controls, keeps its state in the address.

import { readHeld } from "./rows.js";
import { DEFAULTS, readAddress, writeAddress } from "./address.js";
import { drawTable, filterTable, openView } from "./table.js";

const section = document.getElementById("all-genes").closest("section");
const controls = document.getElementById("all-genes-controls");
const place = document.getElementById("all-genes-table");
const NAMES = ["trait", "rows", "search", "p", "carriers", "mask", "list", "length"];
const REDRAWS = ["trait", "rows", "length"];

const held = readHeld();
let state = { ...DEFAULTS, ...readAddress() };
let view, table, opening;

const control = (name) => controls.elements.namedItem(name);

/** Shows the state in the controls. */
function showState() {
  for (const name of NAMES) if (control(name)) control(name).value = state[name] || control(name).options?.[0].value || "";
}

/** Draws the table that the state asks for. */
async function open() {
  const trait = held.traits.find(({ name }) => name === state.trait) ?? held.traits[0];
  const mine = (opening = openView(held, trait, state.rows === "masks" ? "masks" : "genes"));
  const opened = await mine.catch(tell);
  if (mine !== opening) return;
  view = opened;
  table?.destroy();
  table = drawTable(place, view, state, (change) => keep(change));
  const rest = view.of - view.rows.gene.length;
  document.getElementById("all-genes-rest").textContent =
    rest ? `The ${view.rows.gene.length.toLocaleString("en")} rows with the smallest p-values, of ${view.of.toLocaleString("en")}.` : "";
  section.dataset.ready = "true";
}

/** Says that there is no table, where a reader would wait for one. */
function tell(error) {
  place.textContent = "This browser can't show the table. The tables that come beside this page hold the same rows.";
  throw error;
}

function keep(change) {
  state = { ...state, ...change };
  writeAddress(state);
}

/** Follows a control. The first page and, for another table, its own order come with it. */
function follow(event) {
  const { name, value } = event.target;
  if (!NAMES.includes(name)) return;
  const usual = control(name).options?.[0].value;
  keep({ [name]: value === usual && name !== "length" ? DEFAULTS[name] : value, page: "1", ...(name === "rows" && { sort: "" }) });
  if (REDRAWS.includes(name)) open();
  else if (table) filterTable(table, view, state);
}

/** Goes to what an address asks for: when the page opens, and when a link is followed within it. */
function visit() {
  const asked = readAddress();
  if (!asked) return;
  if (location.hash.includes("?")) state = asked;
  showState();
  document.getElementById("all-genes").scrollIntoView({ behavior: "instant" });
  open();
}

controls.addEventListener("input", follow);
controls.addEventListener("submit", (event) => event.preventDefault());
controls.addEventListener("reset", () => {
  state = { ...DEFAULTS, trait: state.trait, rows: state.rows };
  writeAddress(state);
  // The browser empties the controls after this.
  setTimeout(() => { showState(); open(); });
});
addEventListener("hashchange", visit);

controls.hidden = false;
showState();
if (readAddress()) visit();
else {
  // A screen before the section is reached.
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
    watch.disconnect();
    if (!opening) open();
  }, { rootMargin: "100% 0px" });
  watch.observe(section);
}
