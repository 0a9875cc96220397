import type { SalesOrder } from "../acumatica/entities.ts";
import type { ErpShipment, ShipmentPlan } from "../core/shipments.ts";
import { openInScope, settleEffect, type Effect } from "../ledger/effects.ts";
import type { Claim } from "../ledger/records.ts";
import type { EffectState, Tx } from "../ledger/schema.ts";
import { holdPlan, type PlanHold, type StoredPlan } from "../ledger/shipment-plans.ts";
import { msSince, type Moment } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { WriteAhead } from "../lib/http.ts";
import { erpShipmentFrom } from "../mapping/erp-from-acumatica.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { paused, writeAhead } from "./write-ahead.ts";

/** After the quarantine something absent is looked for twice, this far apart (failures 3.4). */
const secondLookMs = 30_000;

/** A write rests on reads that are no older: after a standstill people may have done what is about to be done. */
const readWithinMs = 10 * 60_000;

/** One frozen plan in the hands of one worker. */
export interface PlanWork {
  deps: FlowDeps;
  stored: StoredPlan<ShipmentPlan>;
  plan: ShipmentPlan;
  /** The order as it was read for this run. */
  source: SalesOrder;
  /** The label under whose record the plan's effects stand. */
  claim: Claim;
  hold: PlanHold;
  /** Before anything of this run was read. */
  begunAt: Moment;
}

export const createKey = (plan: ShipmentPlan): string => `acu-create:${plan.id}`;
export const confirmKey = (number: string): string => `acu-confirm:${number}`;
export const packageKey = (number: string, labelId: string): string => `acu-pkg:${number}:${labelId}`;
export const headKey = (number: string): string => `acu-head:${number}`;

/** The order's writes to one warehouse: none of them may be in doubt when one of its shipments is made or confirmed (I4). */
export const scopeOf = ({ recordKey, warehouse }: ShipmentPlan): string => `${recordKey} ${warehouse}`;

/** Effects of the order and warehouse that are dispatched or in doubt, by key. */
export async function openEffectsOf({ deps, plan }: PlanWork): Promise<Map<string, Effect>> {
  const open = await openInScope(deps.db, deps.connection.id, scopeOf(plan));
  return new Map(open.map((effect) => [effect.effectKey, effect]));
}

/** What is written here is written by the plan's holder, or not at all (I9). */
export function underHold<T>(work: PlanWork, write: (tx: Tx, now: Date) => Promise<T>): Promise<T> {
  return work.deps.db.transaction().execute(async (tx) => {
    await holdPlan(tx, work.hold);
    return write(tx, nowOf(work.deps));
  });
}

/** Stores a write to the ERP just before it is sent; refuses while another one of the order and warehouse is in doubt. */
export function aheadOf(
  work: PlanWork,
  store: (tx: Tx, now: Date, theirTimeMs: number | undefined) => Promise<void>,
): WriteAhead {
  return writeAhead(work.deps, async (tx, now) => {
    if (msSince(work.begunAt, work.deps.clock) > readWithinMs) throw paused();
    const theirs = work.deps.acumatica.theirTime();
    // When the quarantine begins could not be told: the next answer tells the time again.
    if (theirs?.isSure === false) {
      throw new ConnectorError("claim.lost", {
        message: "The clock was set, or the machine slept, just before a write; nothing was sent.",
      });
    }
    await holdPlan(tx, work.hold);
    const open = await openInScope(tx, work.deps.connection.id, scopeOf(work.plan));
    if (open.length > 0) throw inDoubt(Math.max(1_000, ...open.map((effect) => quarantineOf(work, effect))));
    await store(tx, now, theirs?.atMost);
  });
}

export const settleOne = (
  work: PlanWork,
  effectKey: string,
  state: Exclude<EffectState, "planned" | "dispatched">,
  evidence: object,
): Promise<void> => underHold(work, (tx, now) => settleEffect(tx, work.claim, effectKey, now, state, evidence));

/** The call failed: what is known of the write now. */
export async function settleFailed(
  work: PlanWork,
  effectKeys: readonly string[],
  error: ConnectorError,
): Promise<void> {
  const state = error.mayHaveApplied ? "in_doubt" : error.disposition === "person" ? "refused" : "not_done";
  const evidence = { code: error.code, message: error.message };
  await underHold(work, async (tx, now) => {
    for (const effectKey of effectKeys) await settleEffect(tx, work.claim, effectKey, now, state, evidence);
  });
}

/** The ERP's own time, as its last answer told it: ours may be set while a write is in doubt. */
const theirNow = ({ deps }: PlanWork): number => deps.acumatica.theirTime()?.atLeast ?? deps.clock.now();

/**
 * A write whose answer was lost, and of which nothing is to be seen: that counts only after the quarantine, and only when seen twice.
 * Until then this throws.
 */
export async function resolveAbsent(work: PlanWork, effect: Effect | undefined): Promise<void> {
  if (!effect) return;
  const now = theirNow(work);
  const quarantineMs = quarantineOf(work, effect);
  if (quarantineMs > 0) throw inDoubt(quarantineMs);
  const seen = effect.evidence as { absentAt?: number } | null;
  if (seen?.absentAt === undefined || now - seen.absentAt < secondLookMs) {
    const absentAt = seen?.absentAt ?? now;
    await settleOne(work, effect.effectKey, "in_doubt", { ...seen, absentAt });
    throw inDoubt(Math.max(1, absentAt + secondLookMs - now));
  }
  await settleOne(work, effect.effectKey, "not_done", { absentAt: seen.absentAt, again: now });
}

/** How long it lasts still. What was stored is how long it lasts in all; when it began the ERP's clock tells, where it could be asked. */
export function quarantineOf({ deps }: PlanWork, { dispatchedAt, quarantineUntil, theirTime }: Effect): number {
  if (!quarantineUntil || !dispatchedAt) return 0;
  const theirs = deps.acumatica.theirTime();
  if (!theirs || !theirTime) return quarantineUntil.getTime() - deps.clock.now();
  return theirTime.getTime() + (quarantineUntil.getTime() - dispatchedAt.getTime()) - theirs.atLeast;
}

export const inDoubt = (retryAfterMs: number, cause?: unknown): ConnectorError =>
  new ConnectorError("shipment.in-doubt", { retryAfterMs, cause });

export async function readShipment({ deps }: PlanWork, number: string): Promise<ErpShipment> {
  const shipment = await deps.acumatica.getShipment(number);
  if (shipment) return erpShipmentFrom(shipment);
  throw new ConnectorError("shipment.blocked", {
    message: `Shipment ${number} no longer exists in Acumatica.`,
    problems: [
      {
        field: "ShipmentNbr",
        found: number,
        cure: "It was deleted by hand: ship the order by hand, or replay after checking.",
      },
    ],
  });
}

/** The order's shipments that are not yet known to be another plan's, with lines and packages. */
export async function readShipmentsOf(
  { deps }: PlanWork,
  source: SalesOrder,
  isWanted: (number: string) => boolean = () => true,
): Promise<ErpShipment[]> {
  const found: ErpShipment[] = [];
  for (const { ShipmentNbr } of source.Shipments ?? []) {
    const number = ShipmentNbr?.trim();
    if (!number || !isWanted(number)) continue;
    const shipment = await deps.acumatica.getShipment(number);
    if (shipment) found.push(erpShipmentFrom(shipment));
  }
  return found;
}
