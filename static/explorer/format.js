// Formats values as the other pages do. Amounts are whole numbers of the smallest decimal, so that sums are exact.

const UNKNOWN = "unknown";

const isInvisible = (c) => /[\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/u.test(c);

/** Whether the neighbours of a joiner, or of a variation selector, can look different with it. */
const isShaped = (c) => c > "~" && /[\p{Lo}\p{M}\p{S}\p{Po}]/u.test(c) && !isInvisible(c);

/** A text with its invisible characters by their code points, as fetch/fleet/invisible.go has it. */
function visible(text) {
  if (!isInvisible(text)) return text;
  const characters = [...text];
  let before = ""; // the last character that is seen
  return characters.map((c, i) => {
    const after = characters[i + 1] ?? "";
    if (!isInvisible(c)) return before = c;
    if (/[\u200c\u200d]/.test(c) ? isShaped(before) && isShaped(after)
      : /\p{Variation_Selector}/u.test(c) && (isShaped(before) || after === "\u20e3" && before !== "")) return c;
    before = "";
    return "[U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "]";
  }).join("");
}

/** Inserts commas into the whole part of a number's digits. */
function grouped(digits) {
  const [whole, fraction] = digits.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? commas : commas + "." + fraction;
}

/** An amount's digits with at least two decimals. */
function atLeastCents(digits) {
  const [whole, fraction = ""] = digits.split(".");
  return whole + "." + fraction.padEnd(2, "0");
}

/** "2026-11-22T21:36:00Z" as "2026-11-22 21:36 UTC". */
function timeText(value) {
  return value.slice(0, 10) + " " + value.slice(11, 16) + " UTC";
}

/** The number of decimals in digits. */
function decimalsOf(digits) {
  const point = digits.indexOf(".");
  return point < 0 ? 0 : digits.length - point - 1;
}

/** Digits as a whole number of units of 10 ** -decimals. They must not have more decimals. */
function scaled(digits, decimals) {
  const [whole, fraction = ""] = digits.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

/** The shortest digits of a whole number of units of 10 ** -decimals. */
function unscaled(units, decimals) {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, "0");
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return fraction === "" ? whole : whole + "." + fraction;
}

/** A figure and its coverage: "≥ 12" and "11 of 12 known". The coverage is "" if it is complete. */
function withCoverage(figure, covered, of, what) {
  if (covered === of) return { figure, coverage: "" };
  return { figure: "≥ " + figure, coverage: `${grouped(String(covered))} of ${grouped(String(of))} ${what}` };
}
