// Numbers as readers want them; the same as jobs/report/numbers.py writes.

import { HIDDEN, MISSING, ZERO, digitsOf, powerOf } from "./rows.js";

const NOTHING = "–", MINUS = "−";
const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text that a page shows and never runs. */
export const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => SIGNS[sign]);

export const small = (html) => (html ? `<small>${html}</small>` : "");

/** A p-value: decimals down to 0.001, then as a power of ten. */
export function pWords(code) {
  if (code === ZERO) return "0";
  if (code < 0) return NOTHING;
  const power = powerOf(code), digits = digitsOf(code);
  if (power <= 3) return (digits / 10 ** (power + 1)).toFixed(power + 1);
  return `${(digits / 10).toFixed(1)}\u202f×\u202f10<sup>${MINUS}${power}</sup>`;
}

/** The Monte Carlo interval of a p-value; nothing for one that is not counted. */
export function pInterval(lower, upper) {
  if (upper === MISSING || lower === MISSING) return "";
  const shared = lower >= 0 && powerOf(lower) === powerOf(upper) && powerOf(lower) > 3;
  return `${shared ? (digitsOf(lower) / 10).toFixed(1) : pWords(lower)} to ${pWords(upper)}`;
}

/** A count, thousands apart; `<5` where it is withheld. */
export function countWords(code) {
  if (code === MISSING) return NOTHING;
  return code === HIDDEN ? "&lt;5" : grouped(code, 0);
}

/** An estimate: two decimals from 0.1 to 10, else two digits. */
export function estimateWords(value) {
  if (value === null) return NOTHING;
  const size = Math.abs(value);
  return size >= 0.1 && size < 10 ? value.toFixed(2).replace("-", MINUS) : twoDigits(value);
}

/** A number with two digits, and none before the decimal point away. */
export function twoDigits(value) {
  if (value === null) return NOTHING;
  if (value === 0) return "0";
  return grouped(value, Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value)))));
}

export const ratioWords = (value) => (value === null ? NOTHING : value.toFixed(2));

export function grouped(value, decimals) {
  const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (value < 0 ? MINUS : "") + apart + (rest ? `.${rest}` : "");
}
