import { z } from "zod";

/**
 * What we read of ShipStation V2, and no more: what we do not know is left out, and nothing of it is ever written back. Any member may
 * be null, absent or `[]`, and ids are texts here and numbers there (facts: shipstation 6.3, payloads 3.1, 3.2). V2 calls an order a
 * shipment and a label a label; V1 calls a label a shipment. In our names an order is an order and a label is a label.
 */

/** "Nothing" is also spelled `{}`, `[]` and `""`; a value of another kind than expected is told. */
const scalar = <T>(expected: string, read: (value: unknown) => T | undefined) =>
  z
    .unknown()
    .optional()
    .transform((value, context): T | undefined => {
      if (value === undefined || value === null || isNothing(value)) return undefined;
      const taken = read(value);
      if (taken !== undefined) return taken;
      context.addIssue({ code: "custom", message: `Expected ${expected}` });
      return z.NEVER;
    });

const isNothing = (value: unknown): boolean =>
  typeof value === "object" ? Object.keys(value as object).length === 0 : value === "";

const text = scalar("text", (value) =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined,
);
const flag = scalar("true or false", (value) => (typeof value === "boolean" ? value : undefined));

/** `se-184976210`, or the bare number that some fields and some days have instead. Other ids (`se-28529731-a`) are not V1's. */
const v1Id = z.unknown().transform((value, context): number => {
  const [, digits] = /^(?:se-)?(\d{1,16})$/.exec(String(value)) ?? [];
  if (digits !== undefined && Number.isSafeInteger(Number(digits)) && Number(digits) > 0) return Number(digits);
  context.addIssue({ code: "custom", message: "Expected an id such as se-184976210" });
  return z.NEVER;
});

/** An id as V2 writes it. */
export const seId = (v1: number): string => `se-${v1}`;

const download = z
  .unknown()
  .optional()
  .transform((value): string | undefined => {
    const { pdf, href } = z.object({ pdf: text, href: text }).partial().catch({}).parse(value);
    return pdf ?? href;
  });

/** An order (V2: shipment). */
export const v2Order = z
  .object({ shipment_id: v1Id, external_shipment_id: text, shipment_number: text, shipment_status: text })
  .transform((row) => ({
    /** V1's `orderId` (facts: shipstation 6.2). */
    orderId: row.shipment_id,
    /** V1's `orderKey`. */
    orderKey: row.external_shipment_id,
    orderNumber: row.shipment_number,
    status: row.shipment_status,
  }));
export type V2Order = z.output<typeof v2Order>;

export const v2Label = z
  .object({
    label_id: v1Id,
    shipment_id: text,
    status: text,
    created_at: text,
    tracking_number: text,
    tracking_url: text,
    is_return_label: flag,
    voided: flag,
    voided_at: text,
    label_download: download,
  })
  .transform((row) => ({
    /** V1's `shipmentId` (facts: shipstation 6.2). */
    labelId: row.label_id,
    /** V1's `orderId`; absent where V2 shows none that V1 could have. */
    orderId: v1Id.safeParse(row.shipment_id).data,
    createdAt: row.created_at,
    trackingNumber: row.tracking_number,
    trackingUrl: row.tracking_url,
    isReturn: row.is_return_label === true,
    voided: row.voided ?? (row.voided_at !== undefined || row.status === "voided"),
    voidedAt: row.voided_at,
    /** Where its PDF is said to be; never asked as it is. */
    pdf: row.label_download,
  }));
export type V2Label = z.output<typeof v2Label>;

export const v2Webhook = z
  .object({ webhook_id: text, event: text, url: text, name: text })
  .transform((row) => ({ id: row.webhook_id ?? "", event: row.event, url: row.url, name: row.name }));
export type V2Webhook = z.output<typeof v2Webhook>;

export const v2Carrier = z
  .object({ carrier_id: text, carrier_code: text, friendly_name: text, disabled_by_billing_plan: flag })
  .transform((row) => ({
    code: row.carrier_code,
    name: row.friendly_name,
    isOutsidePlan: row.disabled_by_billing_plan === true,
  }));
export type V2Carrier = z.output<typeof v2Carrier>;
