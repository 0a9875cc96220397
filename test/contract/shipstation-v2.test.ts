import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMovableClock } from "../../src/lib/clock.ts";
import { ConnectorError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createShipStationV2Client } from "../../src/shipstation/v2/client.ts";
import { v2Label, v2Order } from "../../src/shipstation/v2/entities.ts";
import { readV2Body } from "../../src/shipstation/v2/errors.ts";
import { isV2Hook, streamOfV2Kind } from "../../src/shipstation/v2/hook-kinds.ts";
import { instantFrom } from "../../src/shipstation/v2/instants.ts";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";
import { v2Account } from "../support/shipstation-v2.ts";

const folder = "payloads/shipstation-v2";

const recording = z.object({
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.unknown().optional(),
    bodyText: z.string().optional(),
  }),
});

/** A recorded answer as it came over the wire; a bare payload is the body of a good answer. */
function answerOf(name: string): { status: number; headers: Headers; text: string } {
  const raw = readRecorded(`${folder}/${name}`);
  if (!name.endsWith(".http.json")) return { status: 200, headers: new Headers(), text: JSON.stringify(raw) };
  const { status, headers, body, bodyText } = recording.parse(raw).response;
  return { status, headers: new Headers(headers), text: bodyText ?? (body === undefined ? "" : JSON.stringify(body)) };
}

const bodyOf = (name: string): Record<string, unknown> => JSON.parse(answerOf(name).text) as Record<string, unknown>;
const answers = (): string[] =>
  listRecorded(folder).filter((name) => !name.startsWith("webhook-") && !name.startsWith("tracking-"));

describeRecorded("recorded answers of ShipStation V2", folder, () => {
  test("each is a good answer or one of our errors, as its status and codes say", () => {
    const verdicts = answers().map((name) => {
      const answer = answerOf(name);
      try {
        readV2Body(answer, false);
        return [name, "good"];
      } catch (thrown) {
        return [name, thrown instanceof ConnectorError ? thrown.code : String(thrown)];
      }
    });
    const refused = Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== "good")) as Record<string, string>;
    expect(refused).toEqual({
      "se-error-400-body-required.http.json": "shipstation.rejected",
      "se-error-429-rate-limit.http.json": "shipstation.rate-limited",
      "se-labels-create-400.http.json": "shipstation.rejected",
      "se-rates-errors-carrier-unknown.http.json": "shipstation.rejected",
      "se-shipment-get-by-external-id-404.http.json": "shipstation.not-found",
      "se-shipments-create-400.http.json": "shipstation.rejected",
      "se-tracking-400.http.json": "shipstation.rejected",
      "se-warehouse-create-400.http.json": "shipstation.rejected",
      "se-warehouse-get-404.http.json": "shipstation.not-found",
    });
    expect(verdicts.length).toBeGreaterThan(20);
  });

  test("a label's list, a label and a label just made are read: ids, order, tracking page, file", () => {
    const [listed] = bodyOf("labels-list-label-created-2026.json")["labels"] as unknown[];
    expect(v2Label.parse(listed)).toEqual({
      labelId: 184976210,
      orderId: 394477236,
      createdAt: "2026-08-12T19:46:28.8Z",
      trackingNumber: "383144378470",
      trackingUrl: "https://www.fedex.com/fedextrack/?action=track&trackingnumber=383144378470",
      isReturn: false,
      voided: false,
      voidedAt: undefined,
      pdf: "https://api.shipstation.com/v2/downloads/14/VpExq9PlBEe9qTiY1EKe0A/label-184976210.pdf",
    });
    for (const name of ["se-label-get.http.json", "se-labels-create.http.json"]) {
      const label = v2Label.parse(bodyOf(name));
      expect(label.labelId).toBeGreaterThan(400_000_000);
      expect(instantFrom(label.createdAt)).toBeGreaterThan(Date.parse("2024-05-21T00:00:00Z"));
    }
  });

  test("an order found by its key is read", () => {
    expect(v2Order.parse(bodyOf("se-shipment-get-by-external-id.http.json"))).toEqual({
      orderId: 1384670908,
      orderKey: "20240522120215",
      orderNumber: "20240522120215",
      status: "pending",
    });
    expect(v2Order.parse(bodyOf("se-shipment-get-cancelled.http.json"))).toMatchObject({ status: "cancelled" });
  });

  test("the headers of the call budget are read from recordings", async () => {
    const observed: object[] = [];
    const { status, headers, text } = answerOf("se-carriers-list.http.json");
    headers.delete("content-length");
    const client = createShipStationV2Client({
      credentials: () => Promise.resolve({ apiKey: "k" }),
      budget: {
        take: () => Promise.resolve(),
        observe: (seen) => {
          observed.push(seen);
          return Promise.resolve();
        },
      },
      fetch: () => Promise.resolve(new Response(text, { status, headers })),
      clock: createMovableClock(),
      log: silentLog,
    });
    expect(await client.listCarriers()).toContainEqual({
      code: "stamps_com",
      name: "Stamps.com",
      isOutsidePlan: false,
    });
    expect(observed).toEqual([{ limit: 200, remaining: 150, resetSeconds: 19 }]);
  });

  test("hooks of V2 are told from V1's, and say which stream to read", () => {
    const kinds = listRecorded(folder)
      .filter((name) => /^webhook-(?!signature)/.test(name))
      .map((name) => {
        const body = readRecorded(`${folder}/${name}`) as Record<string, unknown>;
        return [name, isV2Hook(body), streamOfV2Kind(body["resource_type"])];
      });
    expect(kinds).toEqual([
      ["webhook-api-track-2019.json", true, undefined],
      ["webhook-label-created-v2.json", true, "shipments"],
      ["webhook-shipment-created-v2.json", true, "orders"],
      ["webhook-track-event-v2-fedex-delivered.json", true, undefined],
      ["webhook-track-event-v2-ups-pre-transit.json", true, undefined],
    ]);
    expect(
      isV2Hook({ resource_type: "SHIP_NOTIFY", resource_url: "https://ssapi.shipstation.com/shipments?batchId=1" }),
    ).toBe(false);
  });
});

/** Kind of every member, by path; elements of a list share one path. */
function kindsOf(value: unknown, path = "", kinds = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  kinds.set(path, (kinds.get(path) ?? new Set()).add(kind));
  if (Array.isArray(value)) for (const element of value) kindsOf(element, `${path}[]`, kinds);
  else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) kindsOf(member, `${path}.${name}`, kinds);
  }
  return kinds;
}

/** Members of the sandbox's answer that no recording has, or has with another kind. */
function invented(ours: unknown, ...recorded: unknown[]): string[] {
  const known = new Map<string, Set<string>>();
  for (const each of recorded) kindsOf(each, "", known);
  return [...kindsOf(ours)].flatMap(([path, kinds]) => {
    const theirs = known.get(path);
    if (!theirs) return [`invented ${path}`];
    const strange = [...kinds].filter((kind) => !theirs.has(kind) && kind !== "null" && !theirs.has("null"));
    return strange.map((kind) => `${path} is ${kind}, recorded ${[...theirs].join("/")}`);
  });
}

describeRecorded("the sandbox's answers of V2 and recorded ones", folder, () => {
  async function livedIn() {
    const account = v2Account({ v2: { errorSource: "shipengine" } });
    const orderId = await account.order("SO-1");
    const [label] = account.sandbox.buyLabels({ orderIds: [orderId], carrierCode: "fedex" });
    return { ...account, labelId: label!.shipmentId };
  }

  describe("have the same members of the same kinds", () => {
    test("of a label", async () => {
      const { get, labelId } = await livedIn();
      const [listed] = bodyOf("labels-list-label-created-2026.json")["labels"] as unknown[];
      const shown = (await get(`/v2/labels/se-${labelId}`)).body;
      expect(invented(shown, listed, bodyOf("se-label-get.http.json"))).toEqual([]);
    });

    test("of an order", async () => {
      const { get } = await livedIn();
      const [listed] = bodyOf("shipments-list-new-order-2026.json")["shipments"] as unknown[];
      const shown = (await get("/v2/shipments/external_shipment_id/SO-1")).body;
      expect(invented(shown, listed, bodyOf("se-shipment-get-by-external-id.http.json"))).toEqual([]);
    });

    test("of a page", async () => {
      const { get } = await livedIn();
      const page = (await get("/v2/labels")).body as Record<string, unknown>;
      const bare = (body: Record<string, unknown>): object => ({ ...body, labels: [] });
      expect(invented(bare(page), bare(bodyOf("labels-list-label-created-2026.json")))).toEqual([]);
    });
  });

  test("refuse an unknown key as recorded, word by word but for the request's id and the key", async () => {
    const { get } = await livedIn();
    const ours = await get("/v2/shipments/external_shipment_id/some-non-existing-external-id");
    const { status, text } = answerOf("se-shipment-get-by-external-id-404.http.json");
    const theirs = JSON.parse(text) as { request_id: string };
    expect(ours.status).toBe(status);
    expect({ ...(ours.body as object), request_id: theirs.request_id }).toEqual(theirs);
  });
});
