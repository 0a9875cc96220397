import type { Hono } from "hono";
import type { OnStage } from "../connections/fit-stages.ts";
import type { CompanySeen } from "../connections/sign-in.ts";
import type { Standing } from "../connections/standing.ts";
import type { SignInKind } from "../connections/settings.ts";
import type { TableChoices } from "../connections/table-choices.ts";
import type { ValueTables } from "../connections/value-tables.ts";
import type { TableName } from "../core/value-tables.ts";
import type { FitReport } from "../flows/fit-report.ts";
import type { Preview } from "../flows/preview.ts";
import type { Parcels } from "../flows/parcels.ts";
import type { Reconciliation } from "../flows/reconcile.ts";
import type { AuditHeads } from "../ledger/audit-heads.ts";
import type { SeenCode } from "../ledger/codes-seen.ts";
import type { Db, RecordKind, RecordState } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import type { HookVerdict } from "../shipstation/v2/hook-signature.ts";
import type { Auth } from "./auth.ts";

/** Everything the web server needs of the rest; `app.ts` wires it. */
export interface WebDeps {
  db: Db;
  database: "embedded" | "server";
  clock: Clock;
  random: Random;
  log: Log;
  version: string;
  /** Where people and hooks reach this service, e.g. `https://connector.example.com`. */
  publicUrl: string;
  /** SHA-256 of the operator token, in hexadecimal. */
  operatorTokenHash: string;
  /** Makes the first user, once; printed at the first start. */
  setupToken: string | undefined;
  auth: Auth;
  /** The signed ends of the audit trail's chains. */
  auditHeads: AuditHeads;
  connections: ConnectionStore;
  /** Tries both systems and writes to neither; `onStage` is told of each stage as it begins and ends. */
  checkFit: (connectionId: string, onStage?: OnStage) => Promise<FitReport>;
  /** Reads both systems and writes to neither. */
  preview: (connectionId: string) => Promise<Preview>;
  /** Reads both systems over the last days and writes to neither. */
  reconcile: (connectionId: string, days: number, actor: string) => Promise<Reconciliation>;
  tables: {
    show: (connectionId: string, withChoices: boolean) => Promise<TablesAnswer>;
    /** Throws ConnectorError `connection.invalid` with every problem of the table. */
    replace: (connectionId: string, name: TableName, table: unknown, actor: string) => Promise<TablesAnswer>;
  };
  wake: (connectionId: string, flow: Flow) => Promise<void>;
  /** Durable when it returns. */
  ring: (connectionId: string, stream: HookStream) => Promise<void>;
  /** The bells that Acumatica's push notifications ring. */
  push: PushPort;
  /** Which stream a hook body's `resource_url` speaks of; undefined if it is not one of ShipStation's. */
  parseResourceUrl: (url: unknown) => { stream: HookStream } | undefined;
  /** What the signature of a hook at a connection's address says. Never rejects. */
  hookSignatures: {
    verify: (connectionId: string, headers: Headers, rawBody: Uint8Array) => Promise<HookVerdict>;
    taken: (headers: Headers) => void;
  };
  /** Tracking pages and files of a record's labels, asked of ShipStation now; undefined if there is no such record. */
  parcels: (connectionId: string, kind: RecordKind, key: string) => Promise<Parcels | undefined>;
  /** A label as PDF; undefined if the connection has no such label. Throws ConnectorError. */
  labelPdf: (connectionId: string, labelKey: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  replay: (request: ReplayRequest, actor: string) => Promise<ReplayAnswer>;
  /** False if there is no such record. */
  skip: (request: SkipRequest, actor: string) => Promise<boolean>;
  /** After the connection is stored. */
  onConnectionAdded?: (connectionId: string) => Promise<void>;
  /** While its credentials can still be used, to end subscriptions and sessions. */
  beforeConnectionRemoved?: (connectionId: string) => Promise<void>;
  onConnectionRemoved?: (connectionId: string) => Promise<void>;
  /** A dump of the embedded database, told in the audit trail; undefined on a server. */
  backup?: ((actor: string) => Promise<Uint8Array<ArrayBuffer>>) | undefined;
  /** Folder of the built console. */
  consoleFolder: string | undefined;
  /** The demo's own routes, mounted at `/demo`. */
  demo: Hono | undefined;
}

export const flows = ["orders-out", "shipments-back", "catalog-out"] as const;
export type Flow = (typeof flows)[number];

export type HookStream = "shipments" | "fulfillments" | "orders";

/** What a push destination in Acumatica is told. The key is a secret; people must type it there. */
export interface PushAddress {
  url: string;
  key: string;
}

export interface PushPort {
  /** Name of the one header that carries the key. */
  header: string;
  /** Makes the bell when there is none yet. */
  show(connectionId: string, actor: string): Promise<PushAddress>;
  /** The address and the key before ring nothing from then on. */
  renew(connectionId: string, actor: string): Promise<PushAddress>;
  find(token: string, key: string): Promise<{ id: string } | undefined>;
  /** Durable when it returns. */
  ring(connectionId: string, what: "orders" | "items"): Promise<void>;
}

export interface ConnectionStore {
  list(): Promise<StoredConnection[]>;
  find(id: string): Promise<StoredConnection | undefined>;
  /** Takes a connection file as it came; throws ConnectorError with every problem in it. */
  add(file: unknown, actor: string): Promise<StoredConnection>;
  /** Changes only what `patch` holds; throws ConnectorError with every problem. */
  update(id: string, patch: unknown, actor: string): Promise<void>;
  /** Lets credentials be tried again that were refused too often. */
  allowSignIn(id: string, actor: string): Promise<void>;
  /** Where a person gives consent in Acumatica; good once and for a while. */
  authorise(id: string, actor: string): Promise<{ url: string; expiresAt: Date }>;
  /** What a browser brought back from there; `signedIn` is the console's user in it. Throws ConnectorError. */
  completeAuthorisation(
    returned: { state: string | undefined; code: string | undefined; error: string | undefined },
    signedIn: string | undefined,
  ): Promise<{ id: string; name: string }>;
  /** Signs in and looks which company that is. */
  lookAtCompany(id: string): Promise<CompanySeen>;
  /** Throws ConnectorError if the company there is not that one. */
  confirmCompany(id: string, landmarkId: string, actor: string): Promise<void>;
  pause(id: string, actor: string): Promise<void>;
  resume(id: string, actor: string): Promise<void>;
  remove(id: string, actor: string): Promise<void>;
  /** By the token's hash, so that the time taken tells nothing about the token. */
  findByHookToken(token: string): Promise<{ id: string } | undefined>;
}

/** A connection without its secrets. */
export interface StoredConnection {
  id: string;
  name: string;
  state: "active" | "paused" | "stopped";
  stop: { code: string; text: string } | undefined;
  acumatica: {
    instanceUrl: string;
    tenant: string;
    branch: string | undefined;
    endpointName: string;
    endpointVersion: string;
    /** Undefined where a person's consent stands for a user. */
    username: string | undefined;
    signIn: SignInKind;
    clientId: string | undefined;
  };
  shipstation: { origin: string; v2?: { origin: string } };
  webhookUrl: string;
  authorisation: Standing["authorisation"];
  company: Standing["company"];
  notices: { code: string; text: string }[];
}

/** A connection's value tables with the codes seen that no row has. */
export interface TablesAnswer {
  connection: string;
  tables: ValueTables;
  unmapped: (SeenCode & { table: TableName })[];
  choices: TableChoices | undefined;
}

export interface ReplayRequest {
  connection: string;
  kind?: RecordKind | undefined;
  keys?: string[] | undefined;
  state?: RecordState | undefined;
  search?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface ReplayAnswer {
  matched: number;
  replayed: number;
  keys: string[];
}

export interface SkipRequest {
  connection: string;
  kind: RecordKind;
  key: string;
  why: string;
}
