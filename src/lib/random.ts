import { randomBytes } from "node:crypto";

/** Randomness as a port, so that a run under simulation can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Unpredictable bytes, for tokens, nonces and keys. */
  bytes(length: number): Uint8Array;
}

export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (length) => randomBytes(length),
};

/** The same stream for the same seed (mulberry32). For the sandbox and simulations only, never for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) };
}

/** A random identifier: 128 bits as 32 hexadecimal digits. */
export function newId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("hex");
}
