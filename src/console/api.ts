/** The shapes of `/api/v1` as the console reads them. Times are ISO UTC strings. */

export const recordStates = ["Prepared", "Processed", "Failed", "Aborted", "Filtered", "Skipped", "Waiting"] as const;
export type RecordState = (typeof recordStates)[number];

export const recordKinds = ["order", "label", "item", "customer"] as const;
export type RecordKind = (typeof recordKinds)[number];

/** One thing wrong with one field, with its cure. */
export interface Problem {
  field: string;
  found: string;
  cure: string;
}

/** An error code with its words; the code has a page of its own. */
export interface Reason {
  code: string;
  text: string;
  cure: string;
}

export interface About {
  name: string;
  version: string;
  demo: boolean;
  /** No user exists yet: the first one is made with the one-time token. */
  needsSetup: boolean;
  signedIn: { email: string; name: string } | null;
}

export interface Connection {
  id: string;
  name: string;
  state: "active" | "paused" | "stopped";
  stop: Reason | null;
  acumatica: {
    instanceUrl: string;
    tenant: string;
    branch: string | null;
    endpointName: string;
    endpointVersion: string;
    /** Null where a person's consent stands for a user. */
    username: string | null;
    signIn: "password" | "oauth-password" | "oauth-code";
    clientId: string | null;
  };
  shipstation: { origin: string; v2: { origin: string } | null };
  /** How the consent in Acumatica stands; null where none is used. */
  authorisation: {
    state: "none" | "valid" | "ends-soon" | "ended";
    authorisedAt: string | null;
    authorisedBy: string | null;
    endsAt: string | null;
  } | null;
  company: { id: string; title: string; seenAt: string; confirmedAt: string | null } | null;
  /** What somebody should see to before it stops the connection. */
  notices: Reason[];
  counts: Record<RecordKind, Partial<Record<RecordState, number>>>;
  polls: { stream: string; polledAt: string; position: string; seen: number }[];
  flows: { flow: string; dueAt: string; ranAt: string | null; outcome: string | null }[];
  budget: { limit: number; remaining: number; windowEndsAt: string } | null;
}

/** What is entered in Acumatica so that its push notifications ring; the header's value is a secret. */
export interface PushDestination {
  url: string;
  header: { name: string; value: string };
  steps: string[];
}

export interface FitReport {
  connection: string;
  fits: boolean;
  stages: FitStage[];
  /** Made to each system. */
  calls: { acumatica: number; shipstation: number };
}

/** A line of a fit check that is under way. */
export interface FitLine {
  trying?: string;
  stage?: FitStage;
  report?: FitReport;
  error?: { code: string; message: string };
}

export interface FitStage {
  id: string;
  title: string;
  verdict: "ok" | "warning" | "failed" | "skipped";
  tried: string;
  /** What came back. */
  text: string;
  meaning: string | null;
  cure: string | null;
  /** Milliseconds. */
  took: number;
  details: string[];
}

export interface ConnectorRecord {
  connectionId: string;
  kind: RecordKind;
  /** `SO/000123` for an order; the label's id in ShipStation for a label. */
  key: string;
  state: RecordState;
  title: string | null;
  reason: Reason | null;
  problems: Problem[];
  attempts: number;
  dueAt: string | null;
  firstSeenAt: string;
  changedAt: string;
  /** The order a label belongs to. */
  parentKey: string | null;
  shipstationOrderId: string | null;
  trackingNumbers: string[];
  shipmentNbrs: string[];
}

export interface RecordPage {
  records: ConnectorRecord[];
  /** Cursor of the page after this one. */
  next: string | null;
}

export interface RecordDetail {
  record: ConnectorRecord;
  source: unknown;
  labels: ConnectorRecord[];
  /** "This there is that here", also of the labels. */
  links: { kind: RecordKind; key: string; system: string; remoteId: string; createdAt: string }[];
  plans: Record<string, unknown>[];
  effects: Record<string, unknown>[];
  timeline: TimelineEntry[];
}

/** Tracking pages and files of a record's labels. */
export interface Parcels {
  parcels: { label: string; trackingNumber: string | null; trackingUrl: string | null; hasPdf: boolean }[];
  /** Why there is less than there could be. */
  notice: string | null;
}

export type TimelineEntry = AuditStep | ExchangeStep | EffectStep;

export interface AuditStep {
  at: string;
  type: "audit";
  /** `<kind>:<key>` of the record this step is about: an order's story holds its labels' steps too. */
  subject?: string;
  actor: string;
  event: string;
  detail: unknown;
}

export interface ExchangeStep {
  at: string;
  type: "exchange";
  id: number;
  system: string;
  method: string;
  url: string;
  status: number | null;
  tookMs: number;
  failure: string | null;
  requestBody: unknown;
  responseBody: unknown;
}

export interface EffectStep {
  at: string;
  type: "effect";
  subject?: string;
  effectKey: string;
  state: string;
  plan: unknown;
  evidence: unknown;
  attempt: number;
}

export interface ReplayRequest {
  connection: string;
  kind?: RecordKind;
  keys?: string[];
  state?: RecordState;
  search?: string;
  dryRun?: boolean;
}

/** At most `replayLimit` records are replayed by one request; `matched` counts all of them. */
export interface ReplayAnswer {
  matched: number;
  replayed: number;
  keys: string[];
}

export const replayLimit = 500;

export interface ErrorPage {
  code: string;
  disposition: "retry" | "wait" | "person" | "defect";
  message: string;
  cause: string;
  cure: string;
  who: string;
}
