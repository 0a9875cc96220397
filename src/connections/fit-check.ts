import type { AcumaticaClient } from "../acumatica/client.types.ts";
import type { Clock } from "../lib/clock.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import { acumaticaStages, type AddressPorts } from "./fit-acumatica.ts";
import { shipStationStages } from "./fit-shipstation.ts";
import { runStages, type StageReport } from "./fit-stages.ts";
import type { Connection } from "./store.ts";

/** Whether the two systems of a connection can work together, stage by stage. */
export interface FitReport {
  connection: string;
  /** No stage failed or was left out; warnings do not count. */
  fits: boolean;
  stages: StageReport[];
}

/**
 * Tries both systems without writing anything: reads and one sign-in, each once. Never throws for what it finds. The clients should be new:
 * a session that is open already would hide a wrong password. The caller closes them.
 */
export async function checkFit(
  connection: Connection,
  clients: { acumatica: AcumaticaClient; shipstation: ShipStationClient },
  ports: { clock: Clock } & AddressPorts,
): Promise<FitReport> {
  const stages = await runStages(
    [
      ...acumaticaStages(connection, clients.acumatica, ports),
      ...shipStationStages(connection, clients.shipstation, ports),
    ],
    ports.clock,
  );
  const fits = stages.every(({ verdict }) => verdict === "ok" || verdict === "warning");
  return { connection: connection.id, fits, stages };
}
