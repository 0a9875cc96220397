import { createSecretKey, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../lib/random.ts";
import { deriveKey, keyIdsOf, open, seal, type Place } from "./sealing.ts";

const aKey = (fill: number): KeyObject => createSecretKey(Buffer.alloc(32, fill));
const key = aKey(1);
const ids = { kekId: 513, dekId: 1 };
const place: Place = { connectionId: "acme", field: "acumatica.password", address: "https://erp.example.com/Acme" };
const sealText = (text: string, at: Place = place): string =>
  seal(key, ids, at, Buffer.from(text, "utf8"), systemRandom);
const unreadable = expect.objectContaining({ code: "connection.secret-unreadable" });

describe("sealing", () => {
  test("what was sealed opens again, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), fc.string(), (bytes, ...names) => {
        const [connectionId, field, address] = names;
        const at = { connectionId, field, address };
        expect(open(key, at, seal(key, ids, at, bytes, systemRandom))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test("the header tells the keys' numbers without opening", () => {
    expect(keyIdsOf(seal(key, { kekId: 65_535, dekId: 4_294_967_295 }, place, Buffer.of(1), systemRandom))).toEqual({
      kekId: 65_535,
      dekId: 4_294_967_295,
    });
  });

  test.for([
    ["another connection", { ...place, connectionId: "acme2" }],
    ["another field", { ...place, field: "shipstation.apiSecret" }],
    ["another host", { ...place, address: "https://evil.example.com/Acme" }],
    ["another instance on the same host", { ...place, address: "https://erp.example.com/Other" }],
    ["parts that only join to the same text", { ...place, connectionId: "acmea", field: "cumatica.password" }],
  ] as const)("%s does not open it", ([, other]) => {
    expect(() => open(key, other, sealText("secret"))).toThrow(unreadable);
  });

  test("another key does not open it", () => {
    expect(() => open(aKey(2), place, sealText("secret"))).toThrow(unreadable);
  });

  test("any flipped bit is found, wherever it is", () => {
    const blob = Buffer.from(sealText("secret"), "base64url");
    for (let at = 0; at < blob.length; at++) {
      const altered = Buffer.from(blob);
      altered[at] = altered[at]! ^ 1;
      expect(() => open(key, place, altered.toString("base64url")), `byte ${at}`).toThrow(unreadable);
    }
  });

  test.for([0, 4, 8, 12, 15])("a tag cut down to %i bytes is refused", (kept) => {
    const blob = Buffer.from(sealText("a secret that is long enough to be cut"), "base64url");
    const cut = blob.subarray(0, blob.length - 16 + kept).toString("base64url");
    expect(() => open(key, place, cut)).toThrow(unreadable);
  });

  test.for(["", "AQ", "not base64 at all!", Buffer.alloc(200).toString("base64url")])("%j is no blob", (text) => {
    expect(() => open(key, place, text)).toThrow(unreadable);
  });

  test("no two of a connection's ciphertexts can be swapped", () => {
    const places = ["acme", "other"].flatMap((connectionId) =>
      ["acumatica.password", "shipstation.apiKey", "shipstation.apiSecret"].map((field) => ({
        ...place,
        connectionId,
        field,
      })),
    );
    const sealed = places.map((at) => sealText("the same text everywhere", at));
    for (const [i, at] of places.entries()) {
      for (const [j, blob] of sealed.entries()) {
        if (i === j) expect(open(key, at, blob).toString()).toBe("the same text everywhere");
        else expect(() => open(key, at, blob)).toThrow(unreadable);
      }
    }
  });

  test("nonces do not repeat, and neither does a ciphertext", () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 20_000; i++) nonces.add(Buffer.from(sealText("x"), "base64url").toString("hex", 7, 19));
    expect(nonces.size).toBe(20_000);
  });

  test("keys for two purposes have nothing in common", () => {
    const purposes = ["wrap-data-keys", "key-check", "key-id"].map((purpose) =>
      deriveKey(key, purpose).toString("hex"),
    );
    expect(new Set([...purposes, key.export().toString("hex")]).size).toBe(4);
  });
});
