import { sql } from "kysely";
import type { Db } from "./schema.ts";

/** What this process asks of every session on a server, so that nothing of it waits, or keeps others waiting, for ever. */
export const sessionLimits = {
  statement_timeout: 30_000,
  lock_timeout: 15_000,
  idle_in_transaction_session_timeout: 30_000,
};

/** How long the opening of a session may take. */
export const connectMs = 10_000;

const oldestVersion = 15;

export interface ServerFacts {
  version: number;
  isReplica: boolean;
  settings: Record<string, string>;
}

/**
 * Refuses a PostgreSQL server that may forget what it acknowledged: an acknowledged hook or "already shipped" mark that is gone
 * after a power cut sends goods twice (failures 3.9). Throws with everything that is wrong.
 */
export async function checkServer(db: Db): Promise<void> {
  const problems = serverProblems(await readFacts(db));
  if (problems.length > 0) throw new Error(`This PostgreSQL server cannot be used: ${problems.join(" ")}`);
}

async function readFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await sql<{ version: number; replica: boolean; settings: Record<string, string> }>`
    select current_setting('server_version_num')::int / 10000 as version, pg_is_in_recovery() as replica,
           json_build_object('fsync', current_setting('fsync'), 'full_page_writes', current_setting('full_page_writes'),
                             'synchronous_commit', current_setting('synchronous_commit')) as settings`.execute(db);
  const row = rows[0];
  if (!row) throw new Error("The PostgreSQL server does not tell its settings.");
  return { version: row.version, isReplica: row.replica, settings: row.settings };
}

/** Empty when the server can be used. */
export function serverProblems({ version, isReplica, settings }: ServerFacts): string[] {
  const problems = Object.entries(settings)
    .filter(([, value]) => value === "off")
    .map(([name]) => `${name} is off, so that a power cut takes away what was acknowledged: set it to on.`);
  if (version < oldestVersion) {
    problems.push(`It is version ${version}: PostgreSQL ${oldestVersion} is the oldest that this program knows.`);
  }
  if (isReplica) problems.push("It is a replica, which takes no writes: DATABASE_URL must name the primary.");
  return problems;
}
