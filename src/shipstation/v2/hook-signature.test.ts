import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createMovableClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createHookVerifier } from "./hook-signature.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 });
const origin = "https://api.shipstation.com";
const body = Buffer.from(
  '{"resource_url":"https://api.shipstation.com/v2/labels?batch_id=se-1","resource_type":"LABEL_CREATED_V2"}',
);
const start = Date.parse("2026-11-02T12:00:00Z");

const jwk = (key: KeyObject, kid: string): object => ({ ...key.export({ format: "jwk" }), kid, use: "sig" });

function setUp(keys: object[] = [jwk(publicKey, "k1"), jwk(weak.publicKey, "weak")]) {
  const clock = createMovableClock(() => start);
  const asked: string[] = [];
  let answer = (): Response => Response.json({ keys });
  const verifier = createHookVerifier({
    fetch: (request) => {
      asked.push(request.url);
      return Promise.resolve(answer());
    },
    clock,
    log: silentLog,
  });
  const signed = (change: { at?: string; key?: KeyObject; kid?: string; over?: string } = {}): Headers => {
    const at = change.at ?? new Date(clock.now()).toISOString();
    const data = change.over ?? `${at}.${body.toString()}`;
    return new Headers({
      "x-shipengine-rsa-sha256-key-id": change.kid ?? "k1",
      "x-shipengine-rsa-sha256-signature": sign("sha256", Buffer.from(data), change.key ?? privateKey).toString(
        "base64",
      ),
      "x-shipengine-timestamp": at,
    });
  };
  return { clock, asked, verifier, signed, answerWith: (next: () => Response) => (answer = next) };
}

describe("a hook's signature over its time and its raw body", () => {
  test("is genuine with a published key, and the keys are read once", async () => {
    const { verifier, signed, asked } = setUp();
    expect(await verifier.verify(origin, signed(), body)).toBe("genuine");
    expect(await verifier.verify(origin, signed({ at: "2026-11-02T11:57:00Z" }), body)).toBe("genuine");
    expect(asked).toEqual(["https://api.shipstation.com/v1/webhook-jwks.json"]);
  });

  test("may have its time as seconds of the epoch", async () => {
    const { verifier, signed } = setUp();
    expect(await verifier.verify(origin, signed({ at: String(start / 1_000) }), body)).toBe("genuine");
  });

  test("fails when one byte of the body, the time or the key differs", async () => {
    const { verifier, signed } = setUp();
    const changed = Buffer.from(body);
    changed[10] = 0x20;
    expect(await verifier.verify(origin, signed(), changed)).toBe("forged");
    expect(await verifier.verify(origin, signed({ over: body.toString() }), body)).toBe("forged");
    expect(await verifier.verify(origin, signed({ key: other.privateKey }), body)).toBe("forged");
    expect(await verifier.verify(origin, signed({ key: weak.privateKey, kid: "weak" }), body)).toBe("forged");
  });

  test.each(["2026-11-02T11:54:59Z", "2026-11-02T12:05:01Z", "yesterday", "2026-11-02T12:00:00"])(
    "is refused with the time %s, more than five minutes off or unreadable, before any key is read",
    async (at) => {
      const { verifier, signed, asked } = setUp();
      expect(await verifier.verify(origin, signed({ at }), body)).toBe("forged");
      expect(asked).toEqual([]);
    },
  );

  test("with one header missing is forged; with none it is unsigned", async () => {
    const { verifier, signed } = setUp();
    for (const name of [...signed().keys()]) {
      const headers = signed();
      headers.delete(name);
      expect(await verifier.verify(origin, headers, body)).toBe("forged");
    }
    expect(await verifier.verify(origin, new Headers(), body)).toBe("unsigned");
  });

  test("is repeated once it was taken, and a failed one can be sent again", async () => {
    const { verifier, signed } = setUp();
    const headers = signed();
    expect(await verifier.verify(origin, headers, body)).toBe("genuine");
    expect(await verifier.verify(origin, headers, body)).toBe("genuine");
    verifier.taken(headers);
    expect(await verifier.verify(origin, headers, body)).toBe("repeated");
  });
});

describe("the published keys", () => {
  test("are not read more than once a minute, however many unknown keys are named", async () => {
    const { verifier, signed, asked, clock } = setUp();
    for (let each = 0; each < 20; each += 1) {
      expect(await verifier.verify(origin, signed({ kid: `unknown-${each}` }), body)).toBe("forged");
    }
    expect(asked).toHaveLength(1);
    clock.advance(61_000);
    await verifier.verify(origin, signed({ kid: "unknown" }), body);
    expect(asked).toHaveLength(2);
  });

  test("that cannot be read leave a hook unverifiable, never genuine", async () => {
    const { verifier, signed, answerWith, clock } = setUp();
    for (const answer of [
      () => new Response("no", { status: 503 }),
      () => new Response("<html>"),
      () => Response.json([]),
    ]) {
      answerWith(answer);
      expect(await verifier.verify(origin, signed(), body)).toBe("unverifiable");
      clock.advance(61_000);
    }
    answerWith(() => Response.json({ keys: [{ kid: 5 }, null, jwk(publicKey, "k1")] }));
    expect(await verifier.verify(origin, signed(), body)).toBe("genuine");
  });

  test("stop counting an hour after they were read, unless they are published still", async () => {
    const { verifier, signed, answerWith, clock } = setUp();
    expect(await verifier.verify(origin, signed(), body)).toBe("genuine");
    answerWith(() => Response.json({ keys: [jwk(other.publicKey, "k2")] }));
    clock.advance(60 * 60_000);
    expect(await verifier.verify(origin, signed(), body)).toBe("forged");
    expect(await verifier.verify(origin, signed({ key: other.privateKey, kid: "k2" }), body)).toBe("genuine");
  });
});
