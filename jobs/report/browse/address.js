// What the reader looks at, kept in the page's address behind `#all-genes?`: a reload or a copied link shows the same.

const START = "#all-genes";

/** What is shown when the address says nothing. */
export const DEFAULTS = Object.freeze({
  trait: "", rows: "genes", search: "", p: "", carriers: "", mask: "", list: "", sort: "", page: "1", length: "25",
});

/** Reads the address; null where it is of another part of the page. */
export function readAddress() {
  if (location.hash !== START && !location.hash.startsWith(`${START}?`)) return null;
  const given = new URLSearchParams(location.hash.slice(START.length + 1));
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [name, given.get(name) ?? usual]));
}

/** Writes what differs from the usual, without a step in the browser's history. */
export function writeAddress(state) {
  const told = Object.entries(state).filter(([name, value]) => value !== DEFAULTS[name]);
  const text = new URLSearchParams(told).toString();
  history.replaceState(null, "", text ? `${START}?${text}` : START);
}
