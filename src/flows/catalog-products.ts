import { missingChanges, planProduct, type ProductPlan, type ProductValues } from "../core/catalog.ts";
import { dispatchEffect, lastDonePlans, openEffects, settleEffect, type Effect } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { saveLink } from "../ledger/links.ts";
import { forgetMirrorProduct, mirrorProductsBySku, saveMirrorProducts } from "../ledger/mirror-products.ts";
import { releaseClaims, settleAlike } from "../ledger/many-records.ts";
import { settleRecord, type Claim, type Outcome } from "../ledger/records.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import type { ItemData } from "../mapping/item-from-acumatica.ts";
import {
  limitsOfProduct,
  productChanges,
  productFromItem,
  productFromShipStation,
} from "../mapping/product-from-item.ts";
import type { SsProduct } from "../shipstation/v1/entities.ts";
import { actor, notBorn } from "./catalog-polls.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { isConnectionWide, outcomeOfError } from "./failure.ts";
import { mirrorProduct } from "./product-polls.ts";
import { writeAhead } from "./write-ahead.ts";

/** Products written in one run, at three calls each: orders have the first claim on a minute's calls. */
const writesPerRun = 8;
/** When the others go on. */
const restMs = 60_000;
/** How long after a lost answer the absence of the change proves nothing. */
const quarantineMs = 30_000;

/** What is kept of a product's write. */
interface SentProduct {
  productId: number;
  changes: ProductValues;
  /** What we wrote of every field last, these changes included. */
  written: ProductValues;
}

/** Aligns the products of these items, as far as they are born. */
export async function alignProducts(deps: FlowDeps, claims: readonly Claim[]): Promise<void> {
  const { db, connection } = deps;
  const keys = claims.map(({ key }) => key);
  const products = Map.groupBy(await mirrorProductsBySku<SsProduct>(db, connection.id, keys), ({ sku }) => sku);
  const open = new Map((await openEffects(db, connection.id, "item", keys)).map((effect) => [effect.key, effect]));
  const done = await lastDonePlans<SentProduct>(db, connection.id, "item", keys);
  const unborn = claims.filter(({ key }) => !open.has(key) && !products.get(key)?.some((row) => row.active));
  if (unborn.length > 0)
    await db.transaction().execute((tx) => settleAlike(tx, unborn, nowOf(deps), waitingForBirth, actor));
  const born = claims.filter((claim) => !unborn.includes(claim));
  const left = new Map(born.map((claim) => [claim.key, claim]));
  let writes = 0;
  try {
    for (const claim of born) {
      if (deps.stopping() || writes >= writesPerRun) break;
      const active = (products.get(claim.key) ?? []).filter((row) => row.active);
      const work = { claim, effect: open.get(claim.key), written: done.get(claim.key)?.written ?? {} };
      if (await alignOne(deps, work, active)) writes += 1;
      left.delete(claim.key);
    }
  } finally {
    await releaseClaims(db, [...left.values()], new Date(deps.clock.now() + restMs));
  }
}

interface Work {
  claim: Claim;
  effect: Effect | undefined;
  written: ProductValues;
}

/** One item. Whether it cost calls. Throws only what stops the connection. */
async function alignOne(deps: FlowDeps, work: Work, products: readonly { product: SsProduct }[]): Promise<boolean> {
  const { claim, effect } = work;
  const item = claim.source as ItemData;
  const [first, ...others] = products;
  if (others.length > 0) {
    const found = products.map(({ product }) => product.productId).join(", ");
    const cure = "Several products have this SKU: deactivate all but one in ShipStation, then replay.";
    const reason = { code: "product.ambiguous", text: "Several ShipStation products have this SKU." };
    const problems = [{ field: "productId", found, cure }];
    await settle(deps, claim, { state: "Aborted", reason, problems, event: "item.ambiguous" });
    return false;
  }
  const wish = productFromItem(item);
  const plan = first && planFor(deps, wish, first.product, work);
  if (first && plan && !effect && isDone(plan)) {
    await settleAligned(deps, claim, item, plan, first.product);
    return false;
  }
  const productId = first?.product.productId ?? (effect?.plan as SentProduct).productId;
  await deps.archive.about([{ kind: "item", key: claim.key }], async () => {
    try {
      await write(deps, work, wish, productId);
    } catch (thrown) {
      await settleFailure(deps, claim, asConnectorError(thrown));
    }
  });
  return true;
}

const isDone = ({ changes }: ProductPlan): boolean => Object.keys(changes).length === 0;

const planFor = (deps: FlowDeps, wish: ProductValues, product: SsProduct, { written }: Pick<Work, "written">) =>
  planProduct(wish, productFromShipStation(product), written, deps.connection.settings.catalog);

/** Read afresh, settle what is in doubt by what is there, write what is still missing, read back. */
async function write(deps: FlowDeps, work: Work, wish: ProductValues, productId: number): Promise<void> {
  const { claim, effect } = work;
  const { db, connection } = deps;
  const live = await deps.shipstation.getProduct(productId);
  if (live === undefined) {
    await forgetMirrorProduct(db, connection.id, String(productId));
    if (effect) await settleOne(deps, claim, effect.effectKey, "not_done", { productId: "gone" });
    await settle(deps, claim, waitingForBirth);
    return;
  }
  let { written } = work;
  if (effect) {
    const sent = effect.plan as SentProduct;
    const missing = missingChanges(sent.changes, productFromShipStation(live));
    if (missing.length > 0 && effect.quarantineUntil && effect.quarantineUntil > nowOf(deps)) {
      const reason = { code: "product.in-doubt", text: "The answer was lost; looking again before anything is sent." };
      await settle(deps, claim, { state: "Waiting", reason, dueAt: effect.quarantineUntil, event: "item.in-doubt" });
      return;
    }
    const state = missing.length === 0 ? "done" : "not_done";
    await settleOne(deps, claim, effect.effectKey, state, { missing });
    if (missing.length === 0) written = sent.written;
  }
  const plan = planFor(deps, wish, live, { written });
  if (isDone(plan)) return settleAligned(deps, claim, claim.source as ItemData, plan, live);
  const sent: SentProduct = { productId, changes: plan.changes, written: { ...written, ...plan.changes } };
  const planHash = contentHash(sent.changes);
  const effectKey = `ss-product:${productId}:v${planHash.slice(0, 16)}`;
  const ahead = writeAhead(deps, (tx, now) =>
    dispatchEffect(tx, claim, now, { effectKey, planHash, plan: sent, quarantineMs }),
  );
  try {
    await deps.shipstation.saveProduct(live, productChanges(plan.changes), "background", ahead);
  } catch (thrown) {
    const error = asConnectorError(thrown);
    const state = error.mayHaveApplied ? "in_doubt" : error.disposition === "person" ? "refused" : "not_done";
    const evidence = { code: error.code, message: error.message };
    await settleOne(deps, claim, effectKey, state, evidence);
    throw error;
  }
  await readBack(deps, claim, sent, effectKey, plan);
}

/** A 2xx is not success: the answer to a product's write says nothing of the product. */
async function readBack(deps: FlowDeps, claim: Claim, sent: SentProduct, effectKey: string, plan: ProductPlan) {
  const live = await deps.shipstation.getProduct(sent.productId);
  const missing = live === undefined ? ["product"] : missingChanges(sent.changes, productFromShipStation(live));
  const state = missing.length === 0 ? "done" : "not_done";
  await settleOne(deps, claim, effectKey, state, { missing });
  if (live === undefined || missing.length > 0) {
    const cure = "Nothing to do at first: it is written again. If it stays so, enter the value in ShipStation by hand.";
    const problems = missing.map((field) => ({ field, found: "not what was written", cure }));
    throw new ConnectorError("product.read-back-differs", { problems });
  }
  await settleAligned(deps, claim, claim.source as ItemData, plan, live, sent.changes);
}

const waitingForBirth = {
  state: "Waiting",
  reason: { code: notBorn, text: "ShipStation makes this product with the first order that has it." },
  attempts: 0,
  event: "item.waiting",
} satisfies Outcome;

async function settleAligned(
  deps: FlowDeps,
  claim: Claim,
  item: ItemData,
  plan: ProductPlan,
  product: SsProduct,
  changes?: ProductValues,
): Promise<void> {
  const { id } = deps.connection;
  const problems = limitsOfProduct(item, plan.kept);
  const detail = { productId: product.productId, ...(changes ? { changes } : {}) };
  const event = changes ? "item.aligned" : "item.settled";
  const remoteId = String(product.productId);
  await deps.db.transaction().execute(async (tx) => {
    const now = nowOf(deps);
    await saveLink(tx, claim, now, { system: "shipstation", remoteId, sentHash: claim.hash });
    if (changes) await saveMirrorProducts(tx, id, now, [mirrorProduct(product)]);
    await settleRecord(tx, claim, now, { state: "Processed", event, problems, detail, attempts: 0 }, actor);
  });
}

const settle = (deps: FlowDeps, claim: Claim, outcome: Outcome): Promise<void> =>
  deps.db.transaction().execute((tx) => settleRecord(tx, claim, nowOf(deps), outcome, actor));

const settleOne = (
  deps: FlowDeps,
  claim: Claim,
  effectKey: string,
  state: "done" | "refused" | "not_done" | "in_doubt",
  evidence: object,
): Promise<void> =>
  deps.db.transaction().execute((tx) => settleEffect(tx, claim, effectKey, nowOf(deps), state, evidence));

async function settleFailure(deps: FlowDeps, claim: Claim, error: ConnectorError): Promise<void> {
  // Another worker has the item: nothing of it is written here any more.
  if (error.code === "claim.lost") return;
  if (isConnectionWide(error)) {
    await releaseClaims(deps.db, [claim], nowOf(deps));
    throw error;
  }
  await settle(deps, claim, outcomeOfError(error, claim, nowOf(deps), deps.random, "item.failed"));
  deps.log.warn({ connection: deps.connection.id, item: claim.key, code: error.code }, error.message);
}
