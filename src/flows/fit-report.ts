import { acumaticaStages, type AcumaticaPorts, type AddressPorts } from "../connections/fit-acumatica.ts";
import { masterDataStages } from "../connections/fit-master-data.ts";
import { shipStationStages, type ShipStationPorts } from "../connections/fit-shipstation.ts";
import { runStages, type OnStage, type StageReport } from "../connections/fit-stages.ts";
import type { FitWatch } from "../connections/fit-watch.ts";
import { orderStages } from "./fit-orders.ts";
import type { ReadDeps } from "./polls.ts";

/** Whether the two systems of a connection can work together, stage by stage. */
export interface FitReport {
  connection: string;
  /** No stage failed or was left out; warnings do not count. */
  fits: boolean;
  stages: StageReport[];
  /** Calls made to each system. */
  calls: { acumatica: number; shipstation: number };
}

export interface FitPorts
  extends AddressPorts, Pick<ShipStationPorts, "keyAddedAt" | "shipstationV2">, Pick<AcumaticaPorts, "company"> {
  /** Between the clients and the network. */
  watch: FitWatch;
  onStage?: OnStage | undefined;
}

/**
 * Tries both systems without writing anything: reads and one sign-in, each once, and no more calls than the watch allows. Never throws for
 * what it finds. The clients should be new: a session that is open already would hide a wrong password. The caller closes them.
 */
export async function checkFit(deps: ReadDeps, ports: FitPorts): Promise<FitReport> {
  const { connection, acumatica, shipstation, clock } = deps;
  const { watch } = ports;
  const stages = await runStages(
    [
      ...acumaticaStages(connection, acumatica, { ...ports, clock }),
      ...masterDataStages(connection, acumatica),
      ...shipStationStages(connection, shipstation, { ...ports, clock }),
      ...orderStages(deps, watch),
    ],
    clock,
    ports.onStage,
  );
  const fits = stages.every(({ verdict }) => verdict === "ok" || verdict === "warning");
  const calls = { acumatica: watch.seen.acumatica.calls, shipstation: watch.seen.shipstation.calls };
  return { connection: connection.id, fits, stages, calls };
}
