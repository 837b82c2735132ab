import { hash } from "node:crypto";

/**
 * The model's randomness: a hash of the seed and of what it is for, never a shared stream, so that
 * one more draw somewhere changes nothing elsewhere. Name the object, the purpose and the incarnation:
 * `random.between(200, 800, vmi.metadata.uid, "boot")`.
 */
export class Random {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Uniform in [0, 1). */
  fraction(...what: (string | number)[]): number {
    return this.#digest(what).readUInt32BE(0) / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number, ...what: (string | number)[]): number {
    return low + (high - low) * this.fraction(...what);
  }

  /** A UUID of version 4's form. */
  uuid(...what: (string | number)[]): string {
    const bytes = this.#digest(what).subarray(0, 16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** Five characters as the API server appends to `generateName`. */
  suffix(...what: (string | number)[]): string {
    const alphabet = "bcdfghjklmnpqrstvwxz2456789";
    return [...this.#digest(what).subarray(0, 5)].map((byte) => alphabet[byte % alphabet.length]).join("");
  }

  #digest(what: (string | number)[]): Buffer {
    return hash("sha256", [this.#seed, ...what].join("\u0000"), "buffer");
  }
}
