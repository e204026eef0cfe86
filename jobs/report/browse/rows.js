// The rows as jobs/report/browse/codes.py packs them: columns of whole numbers, deflated, in base64.

export const MISSING = -1, HIDDEN = -2, ZERO = -3;
const STEPS = 90;

/** Reads what the page holds; the rows stay packed until they are wanted. */
export function readHeld() {
  return JSON.parse(document.getElementById("all-genes-data").textContent);
}

const FIRST_SIGN = 32;

/** Unpacks columns: an object of arrays. */
export async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const columns = JSON.parse(await new Response(stream).text());
  for (const [name, column] of Object.entries(columns)) if (!Array.isArray(column)) columns[name] = bySign(column);
  if (columns.gene_steps) columns.gene = summed(columns.gene_steps);
  return columns;
}

/** The values of a column: each sign says which of the distinct ones. */
function bySign({ of, at }) {
  const values = new Array(at.length);
  for (let i = 0; i < at.length; i++) values[i] = of[at.charCodeAt(i) - FIRST_SIGN];
  return values;
}

function summed(steps) {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

/** The p-value of a code: two digits and a power of ten; NaN where there is none. */
export function pOf(code) {
  if (code === ZERO) return 0;
  if (code < 0) return NaN;
  return Number(`${digitsOf(code) / 10}e-${powerOf(code)}`);
}

/** The p-value's digits, 10 to 99, and the power of ten below one. */
export const digitsOf = (code) => 99 - (code % STEPS);
export const powerOf = (code) => Math.floor(code / STEPS);

/** What a p-value sorts by: falls as p falls; null where there is none. */
export const pRank = (code) => (code === MISSING ? null : code === ZERO ? -Infinity : -code);

/** What a count sorts by. A count that is withheld lies between zero and the first that is told. */
export const countRank = (code) => (code === MISSING ? null : code === HIDDEN ? 0.5 : code);
