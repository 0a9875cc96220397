import { createHash } from "node:crypto";
import { sql, type Selectable } from "kysely";
import type { TableName } from "../core/value-tables.ts";
import { appendAudit } from "../ledger/audit.ts";
import { contentHash } from "../ledger/hash.ts";
import type { Database, Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { errorTable, type ErrorCode } from "../lib/error-table.ts";
import type { Random } from "../lib/random.ts";
import type { Connection } from "./connection.ts";
import { invalid, parseConnectionFile } from "./connection-file.ts";
import { updateRow } from "./connection-update.ts";
import { namesIn, type SecretName } from "./file-schema.ts";
import { hookPlace, secretPlace } from "./places.ts";
import { isUnreconciled, restoredRest } from "./restored.ts";
import { forgetTries } from "./sign-in-tries.ts";
import { storedSettingsSchema } from "./settings.ts";
import { tablesOf, withTable, type ValueTables } from "./value-tables.ts";
import type { Vault } from "./vault.ts";

export type { Connection } from "./connection.ts";

/** Both sides' credentials, opened when they are needed. Each throws ConnectorError `connection.secret-unreadable`. */
export interface Credentials {
  /** Of the kinds of sign-in that have a password. */
  acumatica: () => Promise<{ username: string; password: string }>;
  /** Of the kinds of sign-in that go through a connected application. */
  application: () => Promise<{ clientId: string; clientSecret: string }>;
  shipstation: () => Promise<{ apiKey: string; apiSecret: string }>;
  /** Undefined where the connection has no key of V2. */
  shipstationV2: () => Promise<{ apiKey: string }> | undefined;
}

export interface ConnectionStore {
  /** Takes a connection file as it came. Throws ConnectorError `connection.invalid` with every problem. */
  add(file: unknown, actor: string): Promise<{ connection: Connection; hookToken: string }>;
  /**
   * Changes only what `patch` holds, in the shape of a connection file (see `updatedFile`). Undefined if there is no such
   * connection. Throws ConnectorError `connection.invalid`.
   */
  update(id: string, patch: unknown, actor: string): Promise<Connection | undefined>;
  list(): Promise<Connection[]>;
  get(id: string): Promise<Connection | undefined>;
  /** With everything remembered about it but the audit trail. False if there is none. */
  remove(id: string, actor: string): Promise<boolean>;
  /** False if there is none that is active. */
  pause(id: string, actor: string): Promise<boolean>;
  /** False if there is none that is paused or stopped. */
  resume(id: string, actor: string): Promise<boolean>;
  /** After a person's consent: a connection that waited for it goes on, and no process goes on with the tokens before. */
  authorised(id: string, actor: string): Promise<void>;
  /** Lets credentials be tried again that were refused too often. False if none were. */
  allowSignIn(id: string, actor: string): Promise<boolean>;
  /** False if there is none, or it is stopped already. */
  stop(id: string, code: ErrorCode, text: string, actor: string): Promise<boolean>;
  /** Replaces one value table, which the next run uses. Undefined if there is no such connection. Checks nothing. */
  updateTable<Name extends TableName>(
    id: string,
    name: Name,
    table: ValueTables[Name],
    actor: string,
  ): Promise<Connection | undefined>;
  credentials(connection: Connection): Credentials;
  /** Whose webhook address ends with this token. */
  findByHookToken(token: string): Promise<Connection | undefined>;
  /** The token itself, which ShipStation must be told when it subscribes. */
  hookToken(id: string): Promise<string>;
}

const tokenBytes = 32;
/** Only the hash is looked up, so that the time it takes tells nothing about the token. */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

export function createConnectionStore(deps: {
  db: Db;
  vault: Vault;
  clock: Clock;
  random: Random;
  allowedOrigins: readonly string[];
}): ConnectionStore {
  const { db, vault, clock, random, allowedOrigins } = deps;
  const now = (): Date => new Date(clock.now());

  async function find(column: "id" | "hook_token_hash", value: string): Promise<Connection | undefined> {
    const row = await db.selectFrom("connections").selectAll().where(column, "=", value).executeTakeFirst();
    return row && fromRow(row);
  }

  /** Changes state and tells it in one transaction; nothing is told when nothing changed. */
  async function move(id: string, change: StateChange, actor: string): Promise<boolean> {
    const at = now();
    return await db.transaction().execute(async (tx) => {
      const row = await tx
        .updateTable("connections")
        .set({ state: change.to, stop_code: change.code ?? null, stop_text: change.text ?? null, updated_at: at })
        .where("id", "=", id)
        .where("state", "in", change.from)
        .returning("id")
        .executeTakeFirst();
      if (!row) return false;
      const detail = change.code === undefined ? {} : { code: change.code, text: change.text };
      await appendAudit(tx, at, actor, [{ connectionId: id, event: change.event, detail }]);
      return true;
    });
  }

  return {
    add: async (given, actor) => {
      const file = parseConnectionFile(given, allowedOrigins);
      const hookToken = Buffer.from(random.bytes(tokenBytes)).toString("base64url");
      const { id, name, state, settings, username, secrets } = file;
      const connection: Connection = {
        ...{
          id,
          name,
          settings,
          username,
          revision: 0,
          createdAt: now(),
          restoredAt: undefined,
          reconciledAt: undefined,
        },
        ...(state === "active" && settings.signIn.kind === "oauth-code" ? notAuthorised : { state, stop: undefined }),
      };
      await db.transaction().execute(async (tx) => {
        await insert(tx, connection, hashOf(hookToken));
        await vault.addDataKey(tx, id);
        for (const name of namesIn(secrets)) await vault.put(tx, secretPlace(connection, name), secrets[name] ?? "");
        await vault.put(tx, hookPlace(id), hookToken);
        const { acumatica, signIn, shipstation } = settings;
        const detail = { name, state: connection.state, username, acumatica, signIn, shipstation };
        await appendAudit(tx, connection.createdAt, actor, [{ connectionId: id, event: "connection.added", detail }]);
      });
      return { connection, hookToken };
    },

    update: async (id, patch, actor) =>
      await db.transaction().execute(async (tx) => {
        const row = await tx.selectFrom("connections").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
        if (!row) return undefined;
        return await updateRow({ tx, vault, allowedOrigins, at: now(), actor }, fromRow(row), patch);
      }),

    list: async () => (await db.selectFrom("connections").selectAll().orderBy("id").execute()).map(fromRow),
    get: (id) => find("id", id),

    remove: async (id, actor) =>
      await db.transaction().execute(async (tx) => {
        const row = await tx.deleteFrom("connections").where("id", "=", id).returning("name").executeTakeFirst();
        if (!row) return false;
        const detail = { name: row.name };
        await appendAudit(tx, now(), actor, [{ connectionId: id, event: "connection.removed", detail }]);
        return true;
      }),

    pause: (id, actor) => move(id, { to: "paused", from: ["active"], event: "connection.paused" }, actor),
    resume: (id, actor) => move(id, { to: "active", from: ["paused", "stopped"], event: "connection.resumed" }, actor),
    authorised: async (id, actor) => {
      const at = now();
      await db.transaction().execute(async (tx) => {
        const row = await tx
          .updateTable("connections")
          .set((column) => ({ revision: sql<number>`${column.ref("revision")} + 1`, updated_at: at }))
          .where("id", "=", id)
          .returning(["state", "stop_code"])
          .executeTakeFirst();
        if (!row) return;
        const waited = row.state === "stopped" && row.stop_code === notAuthorised.stop.code;
        // A restored one waits for something else besides.
        const resumed = waited && !(await isUnreconciled(tx, id));
        if (waited) {
          const set = resumed ? ({ state: "active", stop_code: null, stop_text: null } as const) : restoredRest;
          await tx.updateTable("connections").set(set).where("id", "=", id).execute();
        }
        await appendAudit(tx, at, actor, [
          { connectionId: id, event: "authorisation.given" },
          ...(resumed ? [{ connectionId: id, event: "connection.resumed" }] : []),
        ]);
      });
    },
    allowSignIn: async (id, actor) =>
      await db.transaction().execute(async (tx) => {
        if (!(await forgetTries(tx, id))) return false;
        await appendAudit(tx, now(), actor, [{ connectionId: id, event: "sign-in.allowed" }]);
        return true;
      }),
    // A paused connection that is told to stop stops: resuming it then shows why it would not have worked.
    stop: (id, code, text, actor) =>
      move(id, { to: "stopped", from: ["active", "paused"], event: "connection.stopped", code, text }, actor),

    updateTable: (id, name, table, actor) =>
      db.transaction().execute(async (tx) => {
        const row = await tx.selectFrom("connections").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
        if (!row) return undefined;
        const connection = fromRow(row);
        const before = tablesOf(connection.settings)[name];
        const settings = withTable(connection.settings, name, table);
        const changed = { ...connection, settings };
        if (contentHash(before) === contentHash(table)) return connection;
        const stored = JSON.stringify({ ...(row.settings as object), ...settings });
        await tx.updateTable("connections").set({ settings: stored, updated_at: now() }).where("id", "=", id).execute();
        const detail = { table: name, before, after: table };
        await appendAudit(tx, now(), actor, [{ connectionId: id, event: "connection.table-changed", detail }]);
        return changed;
      }),

    credentials: (connection) => {
      const secret = (name: SecretName): Promise<string> => vault.get(db, secretPlace(connection, name));
      const { signIn, shipstation } = connection.settings;
      return {
        acumatica: async () => ({ username: connection.username ?? "", password: await secret("password") }),
        application: async () => ({ clientId: signIn.clientId ?? "", clientSecret: await secret("clientSecret") }),
        shipstation: async () => ({ apiKey: await secret("apiKey"), apiSecret: await secret("apiSecret") }),
        shipstationV2: () =>
          shipstation.v2 === undefined ? undefined : secret("v2ApiKey").then((apiKey) => ({ apiKey })),
      };
    },

    findByHookToken: (token) => find("hook_token_hash", hashOf(token)),
    hookToken: (id) => vault.get(db, hookPlace(id)),
  };
}

/** Where a person's consent is wanted, the connection waits for it; giving it resumes the connection. */
const notAuthorised = {
  state: "stopped",
  stop: { code: "acumatica.authorise-again", text: "Nobody has authorised this connection in Acumatica yet." },
} as const;

interface StateChange {
  to: Connection["state"];
  from: Connection["state"][];
  event: string;
  code?: ErrorCode;
  text?: string;
}

async function insert(tx: Tx, connection: Connection, hookTokenHash: string): Promise<void> {
  const { id, name, state, stop, settings, username, createdAt } = connection;
  const row = await tx
    .insertInto("connections")
    .values({
      id,
      name,
      state,
      stop_code: stop?.code ?? null,
      stop_text: stop?.text ?? null,
      settings: JSON.stringify({ username, ...settings }),
      hook_token_hash: hookTokenHash,
      created_at: createdAt,
      updated_at: createdAt,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!row) throw invalid([{ field: "id", found: id, cure: "Choose another id; this one is taken." }]);
}

function fromRow(row: Selectable<Database["connections"]>): Connection {
  const { username, ...settings } = storedSettingsSchema.parse(row.settings);
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    stop: isErrorCode(row.stop_code) ? { code: row.stop_code, text: row.stop_text ?? "" } : undefined,
    settings,
    username,
    revision: row.revision,
    createdAt: row.created_at,
    restoredAt: row.restored_at ?? undefined,
    reconciledAt: row.reconciled_at ?? undefined,
  };
}

const isErrorCode = (code: string | null): code is ErrorCode => code !== null && Object.hasOwn(errorTable, code);
