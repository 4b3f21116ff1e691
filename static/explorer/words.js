// Values and figures as the other pages write them. Amounts are whole numbers of the smallest decimal that occurs, so
// that sums are exact.

const UNKNOWN = "unknown";

/** Puts commas into the whole part of a number's digits. */
function grouped(digits) {
  const [whole, fraction] = digits.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? commas : commas + "." + fraction;
}

/** An amount's digits with two decimals at least. */
function atLeastCents(digits) {
  const [whole, fraction = ""] = digits.split(".");
  return whole + "." + fraction.padEnd(2, "0");
}

/** "2026-11-22T21:36:00Z" as "2026-11-22 21:36 UTC". */
function timeText(value) {
  return value.slice(0, 10) + " " + value.slice(11, 16) + " UTC";
}

/** How many decimals digits have. */
function decimalsOf(digits) {
  const point = digits.indexOf(".");
  return point < 0 ? 0 : digits.length - point - 1;
}

/** Digits as a whole number of 10 ** -decimals, which they need no more of. */
function scaled(digits, decimals) {
  const [whole, fraction = ""] = digits.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

/** The digits of a whole number of 10 ** -decimals, shortest. */
function unscaled(units, decimals) {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, "0");
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return fraction === "" ? whole : whole + "." + fraction;
}

/** "≥ 12 · 11 of 12 known": a figure, and of how many it is where that is not all. */
function bounded(figure, covered, of, what) {
  if (covered === of) return { figure, coverage: "" };
  return { figure: "≥ " + figure, coverage: `${grouped(String(covered))} of ${grouped(String(of))} ${what}` };
}
