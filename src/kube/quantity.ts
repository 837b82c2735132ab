/**
 * Kubernetes quantities (`500m`, `1.5Gi`, `128Mi`, `1e3`), as k8s.io/apimachinery's resource.Quantity reads
 * and writes them: exact down to nano units; what is finer is rounded away from zero.
 */
const form = /^([+-]?)(\d+\.?\d*|\.\d+)(|n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?\d+)$/;
/** What the API machinery says of what is no quantity. */
export const quantityRule =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const nano = 1_000_000_000n;
/** The largest quantity there is: 2^63-1 units, to which greater ones are cut. */
const largest = (2n ** 63n - 1n) * nano;
const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/** The quantity in billionths of its unit. Throws an Error with `quantityRule` for what is none. */
export function parseQuantity(quantity: string | number): bigint {
  const parts = form.exec(String(quantity));
  if (parts === null) {
    throw new Error(quantityRule);
  }
  const [, sign, digits, suffix] = parts as unknown as [string, string, string, string];
  const [whole = "", fraction = ""] = digits.split(".");
  let numerator = BigInt(whole + fraction) * nano;
  // Beyond 60 powers of ten a quantity is either cut to the largest or rounded up to the least there is.
  const exponent = Math.max(-60, Math.min(60, decimalExponent(suffix) - fraction.length));
  if (suffix.endsWith("i")) numerator *= 1024n ** BigInt(binary.indexOf(suffix));
  const size = exponent >= 0 ? numerator * 10n ** BigInt(exponent) : divideUp(numerator, 10n ** BigInt(-exponent));
  const bounded = size > largest ? largest : size;
  return sign === "-" ? -bounded : bounded;
}

/** The quantity in whole units (cores, bytes), rounded up. */
export function quantityValue(quantity: string | number): number {
  return Number(ceil(parseQuantity(quantity), nano));
}

/** The quantity in thousandths of its unit (millicores), rounded up. */
export function quantityMilli(quantity: string | number): number {
  return Number(ceil(parseQuantity(quantity), nano / 1000n));
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a) - parseQuantity(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The quantity as the API server writes it back: `1024Mi` is `1Gi`, `0.5` is `500m`, `1000` is `1k`. */
export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity);
  const value = parseQuantity(quantity);
  const exponent = /\d[eE][+-]?\d/.test(text);
  return text.endsWith("i") ? formatBinary(value) : formatDecimal(value, exponent);
}

/** A number of bytes as a quantity: `bytesQuantity(2 ** 30)` is `1Gi`. */
export function bytesQuantity(bytes: number): string {
  return formatBinary(BigInt(Math.ceil(bytes)) * nano);
}

/** A number of thousandths as a quantity: `milliQuantity(1500)` is `1500m`, `milliQuantity(2000)` is `2`. */
export function milliQuantity(milli: number): string {
  return formatDecimal(BigInt(Math.ceil(milli)) * (nano / 1000n), false);
}

function formatBinary(value: bigint): string {
  // Small or broken values are shown in decimal so that nothing is lost (Quantity.CanonicalizeBytes).
  if (value % nano !== 0n || (value > -1024n * nano && value < 1024n * nano)) return formatDecimal(value, false);
  let mantissa = value / nano;
  let power = 0;
  while (mantissa % 1024n === 0n && power < binary.length - 1) {
    mantissa /= 1024n;
    power++;
  }
  return `${mantissa}${binary[power]}`;
}

function formatDecimal(value: bigint, asExponent: boolean): string {
  if (value === 0n) return "0";
  let mantissa = value;
  let power = 0;
  while (mantissa % 1000n === 0n && power < decimal.length - 1) {
    mantissa /= 1000n;
    power++;
  }
  const exponent = power * 3 - 9;
  return `${mantissa}${asExponent ? (exponent === 0 ? "" : `e${exponent}`) : decimal[power]}`;
}

function decimalExponent(suffix: string): number {
  if (suffix === "" || suffix.endsWith("i")) return 0;
  if (suffix.length > 1) return Number(suffix.slice(1));
  return decimal.indexOf(suffix) * 3 - 9;
}

function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

function ceil(value: bigint, unit: bigint): bigint {
  return value >= 0n ? divideUp(value, unit) : value / unit;
}
