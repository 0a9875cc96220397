import type { AcumaticaSandboxOptions } from "./options.ts";
import { failure } from "./refusals.ts";
import type { Tables } from "./tables.ts";

/** One tenant of the site: its tables, its number sequences. */
export interface Tenant {
  name: string;
  tables: Tables;
  options: AcumaticaSandboxOptions;
  /** The last number drawn of each sequence. */
  numbers: { order: number; shipment: number; customer: number };
  /** Rises with every change; the sequence of lists depends on it. */
  revision: number;
}

export const today = (tenant: Tenant): string => dayOf(tenant.options.clock.now());

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function nextOrderNbr(tenant: Tenant): string {
  return String(++tenant.numbers.order).padStart(6, "0");
}

export function nextShipmentNbr(tenant: Tenant): string {
  return String(++tenant.numbers.shipment).padStart(6, "0");
}

/** Fails a write as if somebody else had saved the record in between, as often as the options say. */
export function failAsConcurrentEdit(tenant: Tenant, entityName: string, title: string): void {
  const edits = tenant.options.concurrentEdits;
  const left = edits?.[entityName] ?? 0;
  if (!edits || left <= 0) return;
  edits[entityName] = left - 1;
  throw failure(
    500,
    `Error: Another process has updated the '${title}' record. Your changes will be lost.`,
    "PX.Data.PXLockViolationException",
  );
}
