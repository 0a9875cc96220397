import { z } from "zod";
import { ConnectorError } from "../../lib/errors.ts";
import type { BulkResult } from "./client.types.ts";
import { memberOf } from "./collect.ts";
import type { SsOrderInput } from "./entities.ts";

const bulkResult = z.looseObject({
  orderId: z.number().nullish(),
  orderNumber: z.string().nullish(),
  orderKey: z.string().nullish(),
  success: z.boolean(),
  errorMessage: z.string().nullish(),
});

/**
 * The results of a bulk write, matched to what was sent by orderKey, never by place (facts: shipstation 2.4). A result without
 * a key counts by its order number where only one order sent has it. Orders sent without a result, or with results that
 * contradict each other, are left out: their outcome is in doubt. Throws ConnectorError `shipstation.unreadable`, in doubt as a
 * whole, when the answer is no list of results.
 */
export function bulkResultsFor(sent: readonly SsOrderInput[], body: unknown): BulkResult[] {
  const rows = memberOf(body, "results");
  if (!Array.isArray(rows)) {
    const message = "ShipStation's answer to a bulk write has no results.";
    throw new ConnectorError("shipstation.unreadable", { message, mayHaveApplied: true });
  }
  const results = new Map<string, BulkResult[]>(sent.map((order) => [order.orderKey, []]));
  for (const row of rows) {
    const parsed = bulkResult.safeParse(row);
    if (!parsed.success) continue;
    const { orderId, success, errorMessage } = parsed.data;
    const orderKey = parsed.data.orderKey ?? keyOfNumber(sent, parsed.data.orderNumber);
    if (orderKey === undefined) continue;
    const result = { orderKey, orderId: orderId ?? undefined, success, errorMessage: errorMessage ?? undefined };
    results.get(orderKey)?.push(result);
  }
  return [...results.values()].flatMap(([first, ...others]) => {
    const agree = others.every((other) => other.success === first?.success && other.orderId === first.orderId);
    return first && agree ? [first] : [];
  });
}

function keyOfNumber(sent: readonly SsOrderInput[], orderNumber: string | null | undefined): string | undefined {
  const [only, ...others] = sent.filter((order) => order.orderNumber === orderNumber);
  return others.length === 0 ? only?.orderKey : undefined;
}
