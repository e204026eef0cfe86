// How each kind of column is drawn, sorted and read aloud. A row is {i}, its place in the columns of the view.

import { MISSING, countRank, pRank } from "./rows.js";
import { countWords, escaped, estimateWords, grouped, pInterval, pWords, ratioWords, small, twoDigits } from "./words.js";

/** A name as an id of the page; the same as jobs/report/figures.py makes. */
export const slug = (name) => name.replace(/[^A-Za-z0-9]+/g, "-");

/** The symbol, as a link where the page has a section for the gene. */
function symbolOf(view, i) {
  const symbol = view.genes.symbol[view.rows.gene[i]];
  const id = `gene-${slug(symbol)}`;
  const text = `<em>${escaped(symbol)}</em>`;
  const passes = view.rows.passes?.[i] ? ' <span class="badge">passes</span>' : "";
  // Two symbols may share an id; the section's heading says whose it is.
  const heading = document.getElementById(id)?.firstElementChild;
  return (heading?.textContent.startsWith(symbol) ? `<a href="#${id}">${text}</a>` : text) + passes;
}

function placeOf(view, i) {
  const gene = view.rows.gene[i], start = view.genes.start[gene];
  return start === MISSING ? "–" : `${escaped(view.text(view.genes.contig[gene]))}:${grouped(start, 0)}`;
}

/** Chromosomes by number, others after them by name; then the position. */
function placeRank(view, i) {
  const gene = view.rows.gene[i], start = view.genes.start[gene];
  if (start === MISSING) return null;
  return view.contigRank[view.genes.contig[gene]] * 1e10 + start;
}

function cautionsOf(view, i) {
  return view.text(view.rows.flags[i]).split(";").filter(Boolean).map((name) => {
    const [badge, meaning] = view.cautions[name] ?? [name, name];
    return `<span class="flag" title="${escaped(meaning)}">${escaped(badge)}</span>`;
  }).join(" ");
}

const maskOf = (view, i) => escaped(view.masks[view.rows.mask[i]].words)
  + small(escaped(view.text(view.rows.ceiling[i]))) + cautionsOf(view, i);

function strongestOf(view, i) {
  const { rows } = view;
  if (rows.p[i] === MISSING) return small(escaped(view.text(rows.reason[i])) || "not tested") + cautionsOf(view, i);
  const words = [view.text(rows.ceiling[i]), view.text(rows.test[i])].filter(Boolean).map(escaped);
  if (rows.driver_p[i] !== MISSING) words.push(`<span class="whole">p = ${pWords(rows.driver_p[i])}</span>`);
  return escaped(view.masks[rows.mask[i]].words) + small(words.join(", ")) + cautionsOf(view, i);
}

function pOfGene(view, i) {
  const { rows } = view;
  return pWords(rows.p[i]) + small(pInterval(rows.p_lower[i], rows.p_upper[i]) || escaped(view.text(rows.method[i])));
}

function effectOf(view, i) {
  const { rows, trait } = view;
  if (rows.effect[i] === null) return "–";
  const direction = `<span class="direction">${escaped(rows.effect[i] > 0 ? trait.higher : trait.lower)}</span> `;
  return direction + estimateWords(rows.effect[i])
    + small(`${estimateWords(rows.effect_lower[i])} to ${estimateWords(rows.effect_upper[i])}`);
}

// kind: what a cell shows, what it sorts by, and whether it is of words.
const KINDS = {
  gene: { show: symbolOf, rank: (view, i) => view.genes.symbol[view.rows.gene[i]].toLowerCase(), words: true },
  place: { show: placeOf, rank: placeRank, words: true },
  p: { show: pOfGene, rank: (view, i) => pRank(view.rows.p[i]) },
  adjusted: {
    show: (view, i) => pWords(view.rows.p_family[i]) + small(pWords(view.rows.q[i])),
    rank: (view, i) => pRank(view.rows.p_family[i] === MISSING ? view.rows.q[i] : view.rows.p_family[i]),
  },
  strongest: {
    show: strongestOf, words: true,
    rank: (view, i) => (view.rows.mask[i] === MISSING ? null : view.masks[view.rows.mask[i]].words),
  },
  mask: { show: maskOf, rank: (view, i) => view.masks[view.rows.mask[i]].words, words: true },
  test: {
    show: (view, i, name) => pWords(view.rows[name][i]),
    rank: (view, i, name) => pRank(view.rows[name][i]),
  },
  carriers: {
    show: (view, i) => countWords(view.rows.carriers[i]) + small(countWords(view.rows.variants[i])),
    rank: (view, i) => countRank(view.rows.carriers[i]),
  },
  events: {
    show: (view, i) => countWords(view.rows.events[i]) + small(twoDigits(view.rows.expected[i])),
    rank: (view, i) => countRank(view.rows.events[i]),
  },
  ratio: { show: (view, i) => ratioWords(view.rows.ratio[i]), rank: (view, i) => view.rows.ratio[i] },
  effect: { show: effectOf, rank: (view, i) => view.rows.effect[i] },
};

/** Columns as DataTables takes them. */
export function tableColumns(view) {
  return view.columns.map(({ name, kind }) => {
    const { show, rank, words } = KINDS[kind];
    return {
      name,
      className: kind === "strongest" || kind === "mask" ? "words" : words ? "" : "n",
      cellType: kind === "gene" ? "th" : "td",
      createdCell: kind === "gene" ? (cell) => { cell.scope = "row"; } : undefined,
      type: "blank-last",
      searchable: false,
      orderSequence: ["asc", "desc"],
      data: (row, type) => (type === "display" ? show(view, row.i, name) : rank(view, row.i, name)),
    };
  });
}

/** Sorts numbers or words; what is missing comes last in both directions. */
export function defineOrder(DataTable) {
  const last = (a, b) => (a === null ? 1 : 0) - (b === null ? 1 : 0);
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  DataTable.type("blank-last", {
    order: {
      asc: (a, b) => last(a, b) || compare(a, b),
      desc: (a, b) => last(a, b) || compare(b, a),
    },
  });
}
