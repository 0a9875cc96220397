import type { Lane } from "../connections/lanes.ts";
import type { Connection, ConnectionStore } from "../connections/store.ts";
import { problemsOfTable, readChoices } from "../connections/table-choices.ts";
import { parseTable, tablesOf } from "../connections/value-tables.ts";
import { invalid } from "../connections/connection-file.ts";
import { partsOfService, tableLacking, type TableName } from "../core/value-tables.ts";
import { codesSeen } from "../ledger/codes-seen.ts";
import type { Db } from "../ledger/schema.ts";
import type { TablesAnswer } from "../web/deps.ts";

export interface ValueTableDesk {
  show(connection: Connection, withChoices: boolean): Promise<TablesAnswer>;
  /** Checks a table against the live lists and stores it. Throws ConnectorError `connection.invalid` with every problem. */
  replace(connection: Connection, name: TableName, given: unknown, actor: string): Promise<TablesAnswer>;
}

/** What API and command do with value tables. The clients are the connection's open ones: its ERP session is reused. */
export function createValueTableDesk(deps: {
  db: Db;
  store: ConnectionStore;
  clientsOf: (connection: Connection) => Pick<Lane, "acumatica" | "shipstation">;
}): ValueTableDesk {
  const { db, store, clientsOf } = deps;

  async function show(connection: Connection, withChoices: boolean): Promise<TablesAnswer> {
    const { settings } = connection;
    const unmapped = (await codesSeen(db, connection.id)).flatMap((seen) => {
      const table = tableLacking(seen, settings);
      return table === undefined ? [] : [{ ...seen, table }];
    });
    const choices = withChoices ? await readChoices(clientsOf(connection)) : undefined;
    return { connection: connection.id, tables: tablesOf(settings), unmapped, choices };
  }

  return {
    show,
    replace: async (connection, name, given, actor) => {
      const table = parseTable(name, given);
      const seen = await codesSeen(db, connection.id);
      const onLabels = {
        carriers: seen.filter(({ list }) => list === "service").map(({ code }) => partsOfService(code).carrier),
        packages: seen.filter(({ list }) => list === "package").map(({ code }) => code),
      };
      const problems = await problemsOfTable(name, table, clientsOf(connection), connection.settings, onLabels);
      if (problems.length > 0) throw invalid(problems);
      const changed = await store.updateTable(connection.id, name, table, actor);
      return show(changed ?? connection, false);
    },
  };
}
