import type { AcumaticaClient } from "../acumatica/client.types.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { ShipStationV2Client } from "../shipstation/v2/client.types.ts";
import type { Connection } from "./store.ts";

/** The open clients of one connection: one ERP session, which is the customer's licensed unit, reused by all its flows and processes. */
export interface Lane {
  acumatica: AcumaticaClient;
  shipstation: ShipStationClient;
  shipstationV2: ShipStationV2Client | undefined;
  close(): Promise<void>;
  closeIfIdle(known?: boolean): Promise<void>;
  end(): Promise<void>;
}

export interface Lanes {
  of(connection: Connection): Lane;
  /** Closes a connection's lane: its credentials or address changed, or it stopped. */
  drop(connectionId: string): Promise<void>;
  /** The connection is no more: nobody is to use its session after this. */
  end(connectionId: string): Promise<void>;
  closeIdle(): Promise<void>;
  closeAll(): Promise<void>;
}

export function createLanes(open: (connection: Connection) => Lane): Lanes {
  const lanes = new Map<string, { lane: Lane; settings: string }>();
  const drop = async (connectionId: string): Promise<void> => {
    const entry = lanes.get(connectionId);
    lanes.delete(connectionId);
    await entry?.lane.close();
  };
  return {
    of: (connection) => {
      const { acumatica, signIn, shipstation, flows } = connection.settings;
      const { username, revision } = connection;
      const settings = JSON.stringify([
        ...[acumatica, signIn, shipstation, username, revision],
        flows.erpRequestsPerMinute,
      ]);
      const known = lanes.get(connection.id);
      if (known?.settings === settings) return known.lane;
      if (known) void known.lane.close();
      const lane = open(connection);
      lanes.set(connection.id, { lane, settings });
      return lane;
    },
    drop,
    end: async (connectionId) => {
      await lanes.get(connectionId)?.lane.end();
      await drop(connectionId);
    },
    closeIdle: async () => {
      for (const { lane } of lanes.values()) await lane.closeIfIdle();
    },
    closeAll: async () => {
      for (const id of [...lanes.keys()]) await drop(id);
    },
  };
}
