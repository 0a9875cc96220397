import { registerHooks } from "node:module";
import type { PlantedBug } from "./planted-bug.ts";
import { signInBugs } from "./planted-sign-ins.ts";

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "no quarantine: what is not seen at once counts as not done",
    file: "flows/shipment-work.ts",
    find: "if (quarantineMs > 0) throw inDoubt(quarantineMs);",
    put: "",
    faults: ["executed-late"],
  },
  {
    name: "a time-out counts as not carried out",
    file: "lib/http.ts",
    find: `deadline.abort(new ConnectorError("network.timeout", { mayHaveApplied }))`,
    put: `deadline.abort(new ConnectorError("network.timeout", { mayHaveApplied: false }))`,
    faults: ["executed-late"],
  },
  {
    name: "a broken connection counts as not carried out",
    file: "lib/http.ts",
    find: "mayHaveApplied: mayHaveApplied && !neverLeft,",
    put: "mayHaveApplied: false,",
    faults: ["executed-late"],
  },
  {
    name: "what was dispatched before a crash is forgotten",
    isQuick: true,
    file: "ledger/effects.ts",
    find: `const openStates: readonly EffectState[] = ["dispatched", "in_doubt"];`,
    put: `const openStates: readonly EffectState[] = ["in_doubt"];`,
    faults: ["crash-after-send"],
  },
  {
    name: "nothing is stored before it is sent",
    isQuick: true,
    file: "flows/write-ahead.ts",
    find: "await store(tx, new Date(begun.wall));",
    put: "",
  },
  {
    name: "stored, but not committed, before it is sent",
    isQuick: true,
    file: "flows/write-ahead.ts",
    find: "const stored = await deps.db.transaction().execute(",
    put: "const stored = begun; void deps.db.transaction().execute(",
  },
  {
    name: "a paused worker sends all the same",
    isQuick: true,
    file: "flows/write-ahead.ts",
    find: "if (msSince(stored, deps.clock) > sendWithinMs) throw paused();",
    put: "",
    faults: ["paused"],
  },
  {
    name: "no fence on records",
    file: "ledger/records.ts",
    find: `if (!owned) throw new ConnectorError("claim.lost");`,
    put: "",
    faults: ["paused"],
  },
  {
    name: "confirmed while something of the order is in doubt, and a look-alike is taken for ours",
    file: "flows/shipment-finding.ts",
    find: "await resolveAbsent(work, open.get(createKey(plan)));\n  await refuseVoided(work);",
    put: "await refuseVoided(work);",
    faults: ["executed-late"],
  },
  {
    name: "a package is appended again on every try",
    isQuick: true,
    file: "flows/shipment-packing.ts",
    find: `if (step?.kind !== "fill" && step?.kind !== "append") return [];`,
    put: "if (step === undefined) return [];",
  },
  {
    name: "an action's 204 is believed",
    isQuick: true,
    file: "flows/shipment-confirming.ts",
    find: `if (confirmGate(after).kind === "done") {`,
    put: `if (confirmGate(after).kind === "done" || failure === undefined) {`,
    faults: ["not-done-204"],
  },
  {
    name: "a 200 is believed: the packages are not compared",
    file: "flows/shipment-gate.ts",
    find: "if (differences.length > 0) throw",
    put: "if (differences.length > Infinity) throw",
    faults: ["saved-nothing-200"],
  },
  {
    name: "a voided label is shipped",
    file: "flows/shipment-gate.ts",
    find: "if (labels.length === 0) return;",
    put: "return;",
    faults: ["answer-lost"],
  },
  {
    name: "a linked order that waits no more is created again",
    file: "core/orders.ts",
    find: "if (known.orderId !== undefined) return planLinked(order, hash, known, known.orderId);",
    put: `if (known.orderId !== undefined && known.live?.orderStatus === "awaiting_shipment")
    return planLinked(order, hash, known, known.orderId);
  known = { ...known, live: undefined };`,
  },
  {
    name: "results of a bulk write are taken by their place",
    isQuick: true,
    file: "shipstation/v1/bulk-results.ts",
    find: "const orderKey = parsed.data.orderKey ?? keyOfNumber(sent, parsed.data.orderNumber);",
    put: "const orderKey = sent[rows.indexOf(row)]?.orderKey;",
  },
  {
    name: "the cursor moves before its rows are stored",
    isQuick: true,
    file: "flows/streams.ts",
    find: `    const kept = await keep(tx, locked.hasRest);
    if (to.position) await moveCursor(tx, id, start.stream, to.position, start.begunAt, to.rows);
    return kept;
  });`,
    put: `    if (to.position) await moveCursor(tx, id, start.stream, to.position, start.begunAt, to.rows);
    return locked;
  }).then((locked) => (locked ? deps.db.transaction().execute((tx) => keep(tx, locked.hasRest)) : undefined));`,
  },
  {
    name: "no overlap",
    isQuick: true,
    file: "flows/streams.ts",
    find: "return cursor.position.getTime() - overlapFor(latenessMs);",
    put: "return cursor.position.getTime();",
    faults: ["late-commit"],
  },
  {
    name: "a state changes without an audit entry",
    isQuick: true,
    file: "ledger/records.ts",
    find: `  if (result.numUpdatedRows !== 1n) throw new ConnectorError("claim.lost");`,
    put: `  if (result.numUpdatedRows !== 1n) throw new ConnectorError("claim.lost");\n  if (outcome.state === "Processed") return;`,
  },
  {
    name: "the audit chain takes its head without a lock",
    isQuick: true,
    file: "ledger/audit.ts",
    find: "const seq = head.seq + 1;",
    put: "const seq = head.seq + (rows.length > 1 ? 2 : 1);",
  },
  {
    name: "orders marked as shipped are not read",
    file: "flows/label-polls.ts",
    find: `await readStream(deps, "shipstation.fulfillments", async (from) =>`,
    put: `if (deps.stopping()) await readStream(deps, "shipstation.fulfillments", async (from) =>`,
  },
  {
    name: "only webhooks bring labels",
    isQuick: true,
    file: "flows/label-polls.ts",
    find: `  await readStream(deps, "shipstation.shipments", async (from) =>`,
    put: `  if (bells.length > 0) await readStream(deps, "shipstation.shipments", async (from) =>`,
    faults: ["hooks-lost"],
  },
  {
    name: "what failed is never due again",
    isQuick: true,
    file: "flows/failure.ts",
    find: `        dueAt: new Date(now.getTime() + backoffMs(attempts, random)),
        isTry: true,`,
    put: `        dueAt: new Date(now.getTime() + backoffMs(attempts, random) + 86_400_000),
        isTry: true,`,
    faults: ["truncated-json"],
  },
  {
    name: "a line ships all that is open, whatever the label holds",
    isQuick: true,
    file: "core/label-lines.ts",
    find: "return quantity === undefined ? [] : [{ line, quantity }];",
    put: "return quantity === undefined ? [] : [{ line, quantity: line.openQty }];",
  },
  {
    name: "the company is not looked at",
    isQuick: true,
    file: "connections/company.ts",
    find: "if (!landmark || (await has(landmark))) return;",
    put: "if (clock.now() > 0) return;",
    faults: ["wrong-company"],
  },
  {
    name: "a quarantine of one minute",
    file: "flows/shipment-finding.ts",
    find: "quarantineMs: deps.connection.settings.flows.quarantineSeconds * 1000,",
    put: "quarantineMs: 60_000,",
    faults: ["executed-late"],
  },
  {
    name: "a failure of one record ends the work on all",
    file: "flows/failure.ts",
    find: "return connectionWide.has(error.code);",
    put: `return connectionWide.has(error.code) || error.disposition === "person";`,
  },
  {
    name: "a replay sends whatever it sent",
    file: "core/orders.ts",
    find: `if (known.sentHash === hash) return settled("unchanged since it was sent");`,
    put: "",
  },
  ...signInBugs,
];

/** Has the loader put the bug in. Everything under `src` must be imported after this. */
export function plant(bug: PlantedBug): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/src/${bug.file}`)) return loaded;
      const text =
        typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
      const parts = text.split(bug.find);
      if (parts.length < 2) throw new Error(`"${bug.name}" does not fit ${bug.file} any more`);
      return { ...loaded, source: parts.join(bug.put) };
    },
  });
}
