import type { Lanes } from "../connections/lanes.ts";
import type { Connection, ConnectionStore } from "../connections/store.ts";
import { createArchive } from "../ledger/exchanges.ts";
import type { Db } from "../ledger/schema.ts";
import { beginRun, endRun, wakeBy } from "../ledger/wakeups.ts";
import type { Clock } from "../lib/clock.ts";
import { asConnectorError, type ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { nextDueRecord } from "../ledger/due-records.ts";
import { catalogOut } from "./catalog-out.ts";
import { flowNames, kindsOfFlow, type FlowDeps, type FlowName } from "./deps.ts";
import { backoffMs } from "./failure.ts";
import { ordersOut } from "./orders-out.ts";
import { watchOwnStore } from "./own-store.ts";
import { shipmentsBack } from "./shipments-back.ts";
import { keepSubscribed } from "./subscription.ts";
import { sweepBothSides } from "./sweep.ts";

/** What runs flows: everything of the process, for all connections. */
export interface FlowHost {
  db: Db;
  clock: Clock;
  random: Random;
  log: Log;
  store: ConnectionStore;
  lanes: Lanes;
  hookUrl: (connection: Connection) => Promise<string | undefined>;
  stopping: () => boolean;
  instance: string;
}

/** Orders go first: they give birth to the products and customers that the catalog aligns. */
const catalogDelayMs = 5 * 60_000;
const subscriptionMs = 3_600_000;
/** Failures of a whole run are tried again after a growing, jittered pause starting here. */
const failedRunAttempt = 3;

const flows: Record<FlowName, (deps: FlowDeps) => Promise<void>> = {
  "orders-out": ordersOut,
  "shipments-back": shipmentsBack,
  "catalog-out": catalogOut,
  subscription: async (deps) => {
    await watchOwnStore(deps);
    await keepSubscribed(deps);
    await sweepBothSides(deps);
  },
};

export function isFlowName(name: string): name is FlowName {
  return flowNames.some((flow) => flow === name);
}

/** Has every flow of a new or resumed connection run now; their own rhythm follows. */
export async function startFlows(db: Db, connectionId: string, now: Date): Promise<void> {
  for (const flow of flowNames) {
    const at = flow === "catalog-out" ? new Date(now.getTime() + catalogDelayMs) : now;
    await wakeBy(db, connectionId, flow, at);
  }
}

/**
 * One run of one flow of one connection. Never throws: an error of the run decides when the next one is, and one that only
 * a person can mend stops the connection, so that nothing locks an account (I13).
 */
export async function runFlow(host: FlowHost, connectionId: string, flow: FlowName): Promise<void> {
  const connection = await host.store.get(connectionId);
  if (connection?.state !== "active") return;
  const startedAt = host.clock.now();
  await beginRun(host.db, connectionId, flow, new Date(startedAt), new Date(startedAt + periodMs(connection, flow)));
  const archive = createArchive(host.db, connectionId);
  const lane = host.lanes.of(connection);
  // The others have no use for it, and a secret is opened for it.
  const hookUrl = flow === "subscription" ? await host.hookUrl(connection) : undefined;
  try {
    const { acumatica, shipstation, shipstationV2 } = lane;
    const notices = new Set<string>();
    const deps = { ...host, connection, archive, hookUrl, acumatica, shipstation, shipstationV2, notices };
    await archive.during(() => flows[flow](deps));
    const outcome = ["ok", ...notices].join("; ");
    await endRun(host.db, connectionId, flow, await nextWork(host, connectionId, flow), outcome);
  } catch (thrown) {
    await archive.flush().catch(() => undefined);
    await endBadly(host, connection, flow, asConnectorError(thrown));
  }
}

/** Of a defect: the stack of what was really thrown. */
function describeCause(error: ConnectorError): string {
  const { cause } = error;
  return (cause instanceof Error ? cause.stack : error.stack) ?? error.message;
}

/** The next moment one of the flow's records is due: retries and quarantines need no poll to come round. */
async function nextWork(host: FlowHost, connectionId: string, flow: FlowName): Promise<Date | undefined> {
  const due = await Promise.all(kindsOfFlow[flow].map((kind) => nextDueRecord(host.db, connectionId, kind)));
  return due.filter((at) => at !== undefined).toSorted((left, right) => left.getTime() - right.getTime())[0];
}

async function endBadly(host: FlowHost, connection: Connection, flow: FlowName, error: ConnectorError): Promise<void> {
  const fields = { connection: connection.id, flow, code: error.code };
  const outcome = `${error.code}: ${error.message}`;
  if (error.disposition === "person") {
    host.log.error(fields, `stopped: ${error.message}`);
    await host.store.stop(connection.id, error.code, error.message, flow);
    await host.lanes.drop(connection.id);
    await endRun(host.db, connection.id, flow, undefined, outcome);
    return;
  }
  if (error.disposition === "defect") host.log.error({ ...fields, error: describeCause(error) }, error.message);
  else host.log.warn(fields, error.message);
  const pause =
    error.disposition === "wait" ? (error.retryAfterMs ?? 60_000) : 1_000 + backoffMs(failedRunAttempt, host.random);
  await endRun(host.db, connection.id, flow, new Date(host.clock.now() + pause), outcome);
}

function periodMs(connection: Connection, flow: FlowName): number {
  const { orderPollSeconds, labelPollSeconds, catalogPollSeconds } = connection.settings.flows;
  switch (flow) {
    case "orders-out":
      return orderPollSeconds * 1000;
    case "shipments-back":
      return labelPollSeconds * 1000;
    case "catalog-out":
      return catalogPollSeconds * 1000;
    case "subscription":
      return subscriptionMs;
  }
}
