// Which rows a reader asks for.

import { HIDDEN, MISSING, pOf } from "./rows.js";

/** A number that a reader typed: `0.05`, `1e-4`, `0,05`; NaN where it is none. */
export const typed = (text) => (text.trim() === "" ? NaN : Number(text.trim().replace(",", ".")));

/** Gives a function that says whether row i is asked for; null where every row is. */
export function wanted(view, state) {
  const tests = [
    bySearch(view, state.search), byP(view, typed(state.p)), byCarriers(view, typed(state.carriers)),
    byMask(view, state.mask), byList(view, state.list),
  ].filter(Boolean);
  return tests.length ? (i) => tests.every((test) => test(i)) : null;
}

/** Genes that hold any of the words typed, or lie where one of these says: `NEK1 TBK1`, `chr4:169`. */
function bySearch(view, text) {
  const words = text.toLowerCase().split(/[\s;]+|,(?!\d)/).map((word) => word.replaceAll(",", "")).filter(Boolean);
  if (!words.length) return null;
  const { symbol, contig, start } = view.genes;
  const holds = symbol.map((name, gene) => {
    const place = `${view.text(contig[gene])}:${start[gene]}`.toLowerCase();
    return words.some((word) => name.toLowerCase().includes(word) || (word.includes(":") && place.startsWith(word)));
  });
  return (i) => holds[view.rows.gene[i]];
}

/** p at most: of the gene, or of any test of the mask. */
function byP(view, most) {
  if (Number.isNaN(most)) return null;
  const columns = view.columns.filter(({ kind }) => kind === "p" || kind === "test").map(({ name }) => view.rows[name]);
  return (i) => columns.some((column) => pOf(column[i]) <= most);
}

/** A count that is withheld is 1 to 4. */
function byCarriers(view, least) {
  if (Number.isNaN(least)) return null;
  return (i) => {
    const carriers = view.rows.carriers[i];
    return carriers === HIDDEN ? least <= 1 : (carriers === MISSING ? 0 : carriers) >= least;
  };
}

function byMask(view, name) {
  if (!name) return null;
  const mask = view.masks.findIndex((one) => one.name === name);
  return (i) => view.rows.mask[i] === mask;
}

function byList(view, name) {
  const place = view.lists.indexOf(name);
  if (place < 0) return null;
  const members = new Set(view.genes[`list_${place}`]);
  return (i) => members.has(view.rows.gene[i]);
}
