import type { z } from "zod";
import { ConnectorError } from "../../lib/errors.ts";
import type { CallPriority } from "../v1/client.types.ts";
import type { ShipStationV2Client } from "./client.types.ts";
import { downloadPathFrom } from "./download-path.ts";
import { seId, v2Carrier, v2Label, v2Order, v2Webhook, type V2Label } from "./entities.ts";
import { memberOf } from "./errors.ts";
import { instantFrom } from "./instants.ts";
import { firstIssue, readList, unknownShape, type V2List } from "./lists.ts";
import { createV2Sender, type V2SendPorts } from "./send.ts";

export const shipStationV2Origin = "https://api.shipstation.com";

/** V2 cuts a longer key, and then several orders could have one (facts: shipstation 6.2). */
const longestKey = 50;

const labels = { path: "/v2/labels", rowsName: "labels", idName: "label_id", schema: v2Label } satisfies Partial<
  V2List<V2Label>
>;

export type ShipStationV2Options = Omit<V2SendPorts, "origin"> & {
  /** `https://api.shipstation.com` unless given. */
  origin?: string;
};

/** One ShipStation account through API V2. Every call takes one of its own budget and is made once. */
export function createShipStationV2Client(options: ShipStationV2Options): ShipStationV2Client {
  const sender = createV2Sender({ ...options, origin: options.origin ?? shipStationV2Origin });

  const get = (path: string, priority: CallPriority): Promise<unknown> =>
    sender.send({ method: "GET", path, priority });

  async function listLabels(query: Record<string, string>, priority: CallPriority, isOver?: V2List<V2Label>["isOver"]) {
    const listing = await readList(sender, { ...labels, query, ...(isOver ? { isOver } : {}) }, priority);
    for (const { reason } of listing.unreadable) options.log.warn({ reason }, "A label of V2 could not be read.");
    return { ...listing, serverTimeMs: undefined };
  }

  const getLabel = (labelId: number, priority: CallPriority): Promise<V2Label | undefined> =>
    unlessGone(async () => parseAs(v2Label, await get(`/v2/labels/${pathId(labelId)}`, priority)));

  return {
    findOrderByKey: async (orderKey, priority = "background") => {
      if (orderKey.length > longestKey || orderKey.trim() === "" || /^\.{1,2}$/.test(orderKey)) return undefined;
      const path = `/v2/shipments/external_shipment_id/${encodeURIComponent(orderKey)}`;
      const found = await unlessGone(async () => parseAs(v2Order, await get(path, priority)));
      // Whatever else answers under this address is not the order asked for.
      return found?.orderKey === orderKey ? found : undefined;
    },

    listLabelsCreated: (sinceMs, priority = "background") =>
      listLabels(
        { created_at_start: new Date(sinceMs).toISOString(), sort_by: "created_at", sort_dir: "asc" },
        priority,
      ),
    listLabelsVoided: async (sinceMs, priority = "background") => {
      const isSince = ({ voidedAt }: V2Label): boolean => (instantFrom(voidedAt) ?? Infinity) >= sinceMs;
      const query = { label_status: "voided", sort_by: "modified_at", sort_dir: "desc" };
      // No row tells when it changed, but a void is a change: after a whole page of older voids no newer one follows.
      const listing = await listLabels(query, priority, (rows) => !rows.some(isSince));
      return { ...listing, rows: listing.rows.filter((label) => label.voided && isSince(label)) };
    },
    labelsOfOrder: async (orderId, priority = "background") =>
      (await listLabels({ shipment_id: pathId(orderId) }, priority)).rows,
    getLabel: (labelId, priority = "background") => getLabel(labelId, priority),
    labelPdf: async (labelId, priority = "person") => {
      const path = downloadPathFrom((await getLabel(labelId, priority))?.pdf);
      if (path === undefined) {
        throw new ConnectorError("shipstation.not-found", { message: "ShipStation V2 offers no PDF of this label." });
      }
      const bytes = await sender.download({ method: "GET", path, priority });
      // What is shown under our own address must be what it says it is.
      if (Buffer.from(bytes.subarray(0, 5)).toString("latin1") !== "%PDF-") {
        throw unknownShape("What ShipStation V2 sent for the label is no PDF.");
      }
      return bytes;
    },

    listCarriers: async (priority = "background") => rowsOf(await get("/v2/carriers", priority), "carriers", v2Carrier),

    listWebhooks: async (priority = "background") =>
      rowsOf(await get("/v2/environment/webhooks", priority), "webhooks", v2Webhook).filter(({ id }) => id !== ""),
    createWebhook: async (url, event, name, priority = "background") => {
      try {
        const body = { name, event, url };
        await sender.send({ method: "POST", path: "/v2/environment/webhooks", body, priority });
        return "created";
      } catch (thrown) {
        // A second subscription of the same event is refused (facts: shipstation 6.4).
        if (thrown instanceof ConnectorError && thrown.status === 409) return "taken";
        throw thrown;
      }
    },
    deleteWebhook: async (id, priority = "background") => {
      const path = `/v2/environment/webhooks/${encodeURIComponent(id)}`;
      await unlessGone(() => sender.send({ method: "DELETE", path, priority }));
    },

    lastSeenBudget: () => sender.lastSeenBudget(),
  };
}

/** undefined where V2 says that there is no such record. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    // "Not found" is an ordinary answer.
    if (thrown instanceof ConnectorError && thrown.code === "shipstation.not-found") return undefined;
    throw thrown;
  }
}

/** A short list that comes whole, bare or under its name; what does not parse is left out. */
function rowsOf<T>(body: unknown, name: string, schema: z.ZodType<T>): T[] {
  const rows = Array.isArray(body) ? (body as unknown[]) : memberOf(body, name);
  if (!Array.isArray(rows)) throw unknownShape(`ShipStation V2's answer has no list of ${name}.`);
  return rows.flatMap((raw: unknown) => {
    const parsed = schema.safeParse(raw);
    return parsed.success ? [parsed.data] : [];
  });
}

function parseAs<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unknownShape(`ShipStation V2's answer has an unknown shape: ${firstIssue(parsed.error)}.`);
}

/** Ids go into addresses: nothing but a whole number may. */
function pathId(id: number): string {
  if (Number.isSafeInteger(id) && id > 0) return seId(id);
  throw new ConnectorError("internal.defect", { message: `${id} is not an id.` });
}
