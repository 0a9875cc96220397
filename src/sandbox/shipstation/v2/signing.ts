import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { V2Options } from "./options.ts";

/** The pair that signs hooks, and its public half as it is published (facts: shipstation 6.4, payloads 3.5). */
export interface Signing {
  /** The three headers of a hook that leaves now. */
  headers: (body: string, at: number) => Record<string, string>;
  published: () => object;
}

/** Made when it is first needed: most accounts sign nothing, and making a pair takes a while. */
export function createSigning(options: V2Options): Signing {
  let pair: { privateKey: KeyObject; publicKey: KeyObject } | undefined;
  const keys = (): NonNullable<typeof pair> => (pair ??= generateKeyPairSync("rsa", { modulusLength: 2_048 }));
  const keyId = "sandbox-key-1";
  return {
    headers: (body, at) => {
      const time =
        options.hookTimestamp === "unix"
          ? String(Math.floor(at / 1_000))
          : new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
      const signature = sign("sha256", Buffer.from(`${time}.${body}`), keys().privateKey).toString("base64");
      return {
        "x-shipengine-rsa-sha256-key-id": keyId,
        "x-shipengine-rsa-sha256-signature": signature,
        "x-shipengine-timestamp": time,
      };
    },
    published: () => ({
      keys: [{ ...keys().publicKey.export({ format: "jwk" }), kid: keyId, use: "sig", alg: "RS256" }],
    }),
  };
}
