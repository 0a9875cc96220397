import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { ShipViaCode } from "./client.types.ts";

/** How long a table of codes is believed: an admin may give one of them a carrier plug-in. */
const believedMs = 3_600_000;

/** Says of a Ship Via code whether a carrier plug-in buys labels for it; undefined where nobody may know. */
export function createShipViaCheck(
  read: () => Promise<ShipViaCode[]>,
  clock: Clock,
): (code: string) => Promise<boolean | undefined> {
  let table: { codes: Map<string, boolean | undefined>; readAt: number } | undefined;
  return async (code) => {
    const wanted = keyOf(code);
    const isFresh = table !== undefined && clock.now() - table.readAt < believedMs;
    // A code that the table does not have may be new.
    if (!isFresh || (table?.codes.has(wanted) === false && clock.now() > table.readAt)) {
      const codes = await read().catch(untold);
      table = { codes: new Map(codes.map((row) => [keyOf(row.code), row.isIntegrated])), readAt: clock.now() };
    }
    return table?.codes.get(wanted);
  };
}

const keyOf = (code: string): string => code.trim().toUpperCase();

/** The user may not read the codes, or the endpoint has none: then nobody tells. */
function untold(thrown: unknown): ShipViaCode[] {
  const silent = [
    "acumatica.rights",
    "acumatica.endpoint-missing",
    "acumatica.unreadable",
    "acumatica.list-unsupported",
  ];
  if (thrown instanceof ConnectorError && silent.includes(thrown.code)) return [];
  throw thrown;
}
