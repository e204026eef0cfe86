// One table at a time: of a trait, with a row per gene or per gene and mask.

import { unpack } from "./rows.js";
import { escaped, small } from "./words.js";
import { defineOrder, tableColumns } from "./columns.js";
import { wanted } from "./filters.js";

let DataTable;

/** Reads the library when the first table is opened. */
function library() {
  if (!DataTable) {
    // scripts.py puts loadDataTables before these modules.
    DataTable = loadDataTables();
    defineOrder(DataTable);
    DataTable.ext.errMode = "throw";
  }
  return DataTable;
}

/** Unpacks a view of what the page holds: its columns, rows, and what these refer to. */
export async function openView(held, trait, rows) {
  const { columns, rows: text, of } = trait[rows];
  held.unpacked ??= unpack(held.genes);
  const view = {
    columns, of, trait,
    rows: await unpack(text),
    genes: await held.unpacked,
    lists: held.lists, masks: held.masks, cautions: held.cautions,
    text: (code) => (code < 0 ? "" : held.texts[code]),
  };
  // Genes come strongest first; genes and masks as they lie, so that a gene's masks are together.
  view.usual = rows === "masks" ? columns.find(({ kind }) => kind === "test")?.name ?? "" : "";
  view.contigRank = held.texts.map(contigRank);
  return view;
}

function contigRank(name) {
  const plain = name.replace(/^chr/, "");
  const letters = { X: 101, Y: 102, M: 103, MT: 103 };
  return /^\d+$/.test(plain) ? Number(plain) : letters[plain] ?? 104;
}

/** Draws a table of the view into `place`; `changed` is told of each new order and page. */
export function drawTable(place, view, state, changed) {
  const element = document.createElement("table");
  element.dataset.trait = view.trait.name;
  element.innerHTML = `<caption class="heard">${escaped(view.trait.title)}, all genes</caption>${head(view)}<tbody></tbody>`;
  place.replaceChildren(element);
  const table = new (library())(element, {
    data: view.rows.gene.map((_, i) => ({ i })),
    columns: tableColumns(view),
    order: orderOf(view, state.sort || view.usual),
    pageLength: Number(state.length) || 25,
    autoWidth: false,
    orderMulti: false,
    searching: true,
    layout: { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: "paging" },
    language: {
      info: "Rows _START_ to _END_ of _TOTAL_", infoEmpty: "No rows", infoFiltered: "(_MAX_ without filters)",
      zeroRecords: "No gene is like that.", emptyTable: "No gene was tested.", thousands: ",",
    },
  });
  filterTable(table, view, state);
  table.page(Math.max(0, Math.min(table.page.info().pages - 1, Number(state.page) - 1 || 0))).draw("page");
  table.on("order", () => changed({ sort: sortOf(view, table) }));
  table.on("page", () => changed({ page: String(table.page() + 1) }));
  return table;
}

/** Shows the rows that are asked for, from the first page on. */
export function filterTable(table, view, state) {
  const test = wanted(view, state);
  table.search.fixed("wanted", test ? (_, row) => test(row.i) : null).draw();
}

function head(view) {
  const cells = view.columns.map(({ title, under, help, kind }) =>
    `<th scope="col" title="${escaped(help)}" class="${["gene", "place", "strongest", "mask"].includes(kind) ? "" : "n"}">`
    + `${escaped(title)}${small(escaped(under))}</th>`);
  return `<thead><tr>${cells.join("")}</tr></thead>`;
}

/** `effect` or `-effect`, to DataTables' order; the rows as they come, strongest first, where it says nothing. */
function orderOf(view, sort) {
  const name = sort.replace(/^-/, "");
  const column = view.columns.findIndex((one) => one.name === name);
  return column < 0 ? [] : [[column, sort.startsWith("-") ? "desc" : "asc"]];
}

function sortOf(view, table) {
  const [first] = table.order();
  const sort = first ? (first[1] === "desc" ? "-" : "") + view.columns[first[0]].name : "";
  return sort === view.usual ? "" : sort;
}
