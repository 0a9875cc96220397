import type { AcumaticaClient } from "../acumatica/client.types.ts";
import type { Connection } from "../connections/store.ts";
import type { Archive } from "../ledger/exchanges.ts";
import type { Db, RecordKind } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { ShipStationV2Client } from "../shipstation/v2/client.types.ts";

/** What a flow of one connection works with. */
export interface FlowDeps {
  db: Db;
  clock: Clock;
  random: Random;
  log: Log;
  connection: Connection;
  /** This ledger's name, for marks in the ERP. */
  instance: string;
  acumatica: AcumaticaClient;
  shipstation: ShipStationClient;
  /** Where the connection has a key for it; asked through `askV2` alone. */
  shipstationV2: ShipStationV2Client | undefined;
  /** What a person should know of this run although it went well. */
  notices: Set<string>;
  archive: Archive;
  /** Where ShipStation's webhooks of this connection are to be sent; undefined when nothing outside can reach us. */
  hookUrl: string | undefined;
  /** True once the process is asked to stop: finish the record at hand, take no other. */
  stopping: () => boolean;
}

/** The flows of a connection, by name. */
export const flowNames = ["orders-out", "shipments-back", "catalog-out", "subscription"] as const;
export type FlowName = (typeof flowNames)[number];

/** What each flow works on. */
export const kindsOfFlow: Record<FlowName, readonly RecordKind[]> = {
  "orders-out": ["order"],
  "shipments-back": ["label"],
  "catalog-out": ["item", "customer"],
  subscription: [],
};

/** The flow that a record waits for. */
export const flowOfKind = (kind: RecordKind): FlowName =>
  flowNames.find((flow) => kindsOfFlow[flow].includes(kind)) ?? "orders-out";

export const nowOf = (deps: { clock: Clock }): Date => new Date(deps.clock.now());
