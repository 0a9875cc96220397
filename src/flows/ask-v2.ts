import { asConnectorError } from "../lib/errors.ts";
import type { ShipStationV2Client } from "../shipstation/v2/client.types.ts";
import type { FlowDeps } from "./deps.ts";

export type AskDeps = Pick<FlowDeps, "shipstationV2" | "notices" | "connection" | "log">;

/**
 * Asks V2, where the connection has a key for it. V2 is an extra: what goes wrong there (an expired key, the plan, an outage) is told as
 * a notice of the run and changes nothing else, because V1 and its polls are enough. undefined: not asked, or not answered.
 */
export async function askV2<T>(
  deps: AskDeps,
  ask: (v2: ShipStationV2Client) => Promise<T>,
): Promise<{ answer: T } | undefined> {
  if (deps.shipstationV2 === undefined) return undefined;
  try {
    return { answer: await ask(deps.shipstationV2) };
  } catch (thrown) {
    const error = asConnectorError(thrown);
    const fields = { connection: deps.connection.id, code: error.code };
    // A spent budget is how it should be: there is more in the next minute.
    if (error.code === "shipstation.budget-spent") deps.log.debug(fields, "V2 is left out for this minute");
    else {
      deps.log.warn(fields, `went on without ShipStation V2: ${error.message}`);
      deps.notices.add(`Went on without ShipStation V2: ${error.message}`);
    }
    return undefined;
  }
}
