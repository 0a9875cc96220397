import type { Server } from "../simulation/database.ts";
import type { Branches } from "./explorer.ts";

/** What a statement came to. */
export interface Played {
  rows: unknown[];
  affected: number;
  /** The same as text. */
  text: string;
}

/**
 * The database of one story after another. All of them are one transaction that is never committed, with a savepoint where a story can go
 * on in another way: the next one is told the same answers up to there, and finds the database as it was there.
 */
export interface Tape extends Branches {
  play(statement: string, values?: readonly unknown[]): Promise<Played>;
  /** The database is ahead of the story: nothing may be asked of it but by `play`. */
  isReplaying(): boolean;
  close(): Promise<void>;
}

export async function createTape(server: Server): Promise<Tape> {
  const played: Played[] = [];
  const marks: number[] = [];
  let at = 0;
  await server.query("begin");
  await server.query("savepoint branch_begin");
  return {
    play: async (statement, values) => {
      const known = played[at];
      if (known) {
        at++;
        return known;
      }
      const { rows, affected } = await server.query(statement, values);
      const fresh = { rows: frozen(rows), affected, text: JSON.stringify([rows, affected]) };
      played.push(fresh);
      at++;
      return fresh;
    },
    isReplaying: () => at < played.length,
    mark: async (choice) => {
      marks.length = choice;
      marks.push(at);
      await server.query(`savepoint branch_${choice}`);
    },
    rewind: async (choice) => {
      played.length = choice === undefined ? 0 : marks[choice]!;
      at = 0;
      await server.query(`rollback to savepoint branch_${choice ?? "begin"}`);
    },
    close: async () => {
      await server.query("rollback");
    },
  };
}

/** Shared by all stories that begin in the same way: whoever changed it would be found out. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}
