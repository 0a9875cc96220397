import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { asConnectorError } from "../../lib/errors.ts";
import { exchange, type Fetch } from "../../lib/http.ts";
import type { Log } from "../../lib/log.ts";
import { instantFrom } from "./instants.ts";

/**
 * What a hook's signature says (facts: shipstation 6.4, payloads 3.5).
 * - `genuine`: signed by ShipStation, just now.
 * - `repeated`: so was this one, and it has been taken before.
 * - `unsigned`: none of the three headers is there.
 * - `forged`: some are there and do not hold, or the hook is too old.
 * - `unverifiable`: the published keys cannot be read at the moment.
 */
export type HookVerdict = "genuine" | "repeated" | "unsigned" | "forged" | "unverifiable";

export interface HookVerifier {
  /** `origin`: whose published keys count. Never throws. */
  verify(origin: string, headers: Headers, rawBody: Uint8Array): Promise<HookVerdict>;
  /** A genuine hook has been taken: the same one is `repeated` from now on. */
  taken(headers: Headers): void;
}

const names = {
  keyId: "x-shipengine-rsa-sha256-key-id",
  signature: "x-shipengine-rsa-sha256-signature",
  timestamp: "x-shipengine-timestamp",
} as const;

/** Whether a hook claims to be signed. */
export const isSigned = (headers: Headers): boolean => Object.values(names).some((name) => headers.has(name));

const keysPath = "/v1/webhook-jwks.json";
/** A hook of another time is refused: somebody may have kept it. */
const skewMs = 5 * 60_000;
/** Keys are read again after so long, so that one that was withdrawn stops counting. */
const keysLastMs = 60 * 60_000;
/** However many hooks name keys that nobody published, the keys are not read more often. */
const betweenFetchesMs = 60_000;
const keptSignatures = 5_000;
const leastModulusBits = 2_048;

interface Published {
  at: number;
  keys: ReadonlyMap<string, KeyObject>;
}

/** Verifies hooks against the keys that ShipStation publishes: RSA-SHA256 over `<timestamp>.<raw body>`. */
export function createHookVerifier(ports: { fetch: Fetch; clock: Clock; log: Log }): HookVerifier {
  const published = new Map<string, Published>();
  const asked = new Map<string, { at: number; answer: Promise<void> }>();
  const taken = new Map<string, number>();

  /** The key, reading the published ones where that is needed and due; undefined when they are known and it is not among them. */
  async function keyOf(origin: string, keyId: string): Promise<KeyObject | "unread" | undefined> {
    const now = ports.clock.now();
    const known = published.get(origin);
    const isFresh = known !== undefined && now - known.at < keysLastMs;
    const key = isFresh ? known.keys.get(keyId) : undefined;
    if (key) return key;
    const last = asked.get(origin);
    if (!last || now - last.at >= betweenFetchesMs) asked.set(origin, { at: now, answer: read(origin) });
    await asked.get(origin)?.answer;
    const current = published.get(origin);
    if (!current || ports.clock.now() - current.at >= keysLastMs) return "unread";
    return current.keys.get(keyId);
  }

  async function read(origin: string): Promise<void> {
    try {
      const answer = await exchange(ports, {
        method: "GET",
        url: new URL(keysPath, origin),
        headers: { accept: "application/json" },
        totalMs: 5_000,
        maxBytes: 256 * 1024,
      });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      published.set(origin, { at: ports.clock.now(), keys: keysIn(JSON.parse(answer.text)) });
    } catch (thrown) {
      ports.log.warn(
        { origin, error: asConnectorError(thrown).message },
        "ShipStation's webhook keys could not be read",
      );
    }
  }

  return {
    verify: async (origin, headers, rawBody) => {
      if (!isSigned(headers)) return "unsigned";
      const [keyId = "", signature = "", timestamp = ""] = Object.values(names).map((name) => headers.get(name) ?? "");
      const at = /^\d{10}$/.test(timestamp) ? Number(timestamp) * 1_000 : instantFrom(timestamp);
      if (at === undefined || Math.abs(ports.clock.now() - at) > skewMs) return "forged";
      if (!/^[A-Za-z0-9+/]{100,2000}={0,2}$/.test(signature) || keyId === "" || keyId.length > 200) return "forged";
      const key = await keyOf(origin, keyId);
      if (key === "unread") return "unverifiable";
      if (!key) return "forged";
      const signed = Buffer.concat([Buffer.from(`${timestamp}.`), rawBody]);
      if (!verify("sha256", signed, key, Buffer.from(signature, "base64"))) return "forged";
      return taken.has(signature) ? "repeated" : "genuine";
    },
    taken: (headers) => {
      const now = ports.clock.now();
      // In the order in which they came: the oldest are first.
      for (const [signature, until] of taken) {
        if (until > now && taken.size < keptSignatures) break;
        taken.delete(signature);
      }
      taken.set(headers.get(names.signature) ?? "", now + 2 * skewMs);
    },
  };
}

const keySet = z.object({
  keys: z.array(
    z
      .object({ kid: z.string(), kty: z.string(), n: z.string(), e: z.string() })
      .catch({ kid: "", kty: "", n: "", e: "" }),
  ),
});

/** RSA keys of today's strength; any other counts for nothing. */
function keysIn(body: unknown): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const { kid, kty, n, e } of keySet.parse(body).keys) {
    if (kty !== "RSA" || kid === "") continue;
    const key = createPublicKey({ key: { kty, n, e }, format: "jwk" });
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastModulusBits) keys.set(kid, key);
  }
  return keys;
}
