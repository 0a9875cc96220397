import type { ColumnType, Generated, Kysely, Transaction } from "kysely";
import type { Problem } from "../lib/problem.ts";

/** Written as JSON text, read back as a value (both drivers parse jsonb). */
type Json<T> = ColumnType<T, string, string>;
type At = ColumnType<Date, Date, Date>;
type MaybeAt = ColumnType<Date | null, Date | null, Date | null>;

/** The words an Acumatica admin already knows (design section 2). */
export const recordStates = ["Prepared", "Processed", "Failed", "Aborted", "Filtered", "Skipped", "Waiting"] as const;
export type RecordState = (typeof recordStates)[number];

export const recordKinds = ["order", "label", "item", "customer"] as const;
export type RecordKind = (typeof recordKinds)[number];
export type SystemName = "acumatica" | "shipstation";
export type EffectState = "planned" | "dispatched" | "done" | "refused" | "not_done" | "in_doubt" | "parked";

export interface Database {
  connections: {
    id: string;
    name: string;
    state: "active" | "paused" | "stopped";
    stop_code: string | null;
    stop_text: string | null;
    settings: Json<unknown>;
    hook_token_hash: string | null;
    revision: Generated<number>;
    /** When its past was last cut off by a restore, and when its two systems were compared after that (by Acumatica's clock). */
    restored_at: ColumnType<Date | null, undefined, Date>;
    reconciled_at: ColumnType<Date | null, undefined, Date | null>;
    created_at: At;
    updated_at: At;
  };
  /** A connection's access to Acumatica by OAuth; the tokens themselves are among the secrets. */
  authorisations: {
    connection_id: string;
    /** Goes up with every pair of tokens stored; 0 before the first. */
    version: number;
    /** When a person, or a password, was asked last. */
    authorised_at: MaybeAt;
    authorised_by: string | null;
    refreshed_at: MaybeAt;
    access_until: MaybeAt;
    /** Set when Acumatica did not take the refresh token any more. */
    ended_at: MaybeAt;
    lease_holder: string | null;
    lease_until: ColumnType<Date | null, never, never>;
  };
  /** The one ERP session of a connection, and whose turn it is to use it; written by connections/ alone, by the server's clock. */
  erp_sessions: {
    connection_id: string;
    holder: string | null;
    held_until: ColumnType<Date | null, never, never>;
    fence: number;
    next_holder: string | null;
    next_until: ColumnType<Date | null, never, never>;
    version: number;
    opened_for: string | null;
    opened_at: ColumnType<Date | null, never, never>;
    used_at: ColumnType<Date | null, never, never>;
  };
  erp_session_users: { connection_id: string; holder: string; seen_at: At };
  /** Consents that were asked for and not given yet. */
  authorisation_requests: {
    state_hash: string;
    connection_id: string;
    actor: string;
    expires_at: At;
  };
  /** What the company of a connection is recognised by. */
  companies: {
    connection_id: string;
    landmark: Json<unknown>;
    seen_at: At;
    confirmed_at: MaybeAt;
    confirmed_by: string | null;
  };
  /** Sign-ins in a row that Acumatica refused, or whose answer was never seen. */
  sign_in_tries: {
    connection_id: string;
    tries: number;
    unclear: Generated<number>;
    refusal_code: ColumnType<string | null, string | null | undefined, string | null>;
    refusal_text: ColumnType<string | null, string | null | undefined, string | null>;
    tried_at: At;
  };
  site_facts: { connection_id: string; topic: string; site: string; fact: Json<unknown>; learned_at: At };
  secrets: { connection_id: string; field: string; sealed: string; updated_at: At };
  /** Written by connections/ alone. */
  push_bells: { connection_id: string; token_hash: string; key_hash: string; made_at: At };
  vault_keys: { connection_id: string; dek_id: number; wrapped: string; created_at: At };
  vault_checks: {
    id: number;
    check_value: string;
    /** Of the new master key, while a rotation is under way. */
    next_check_value: ColumnType<string | null, undefined, string | null>;
    created_at: At;
  };
  records: {
    connection_id: string;
    kind: RecordKind;
    key: string;
    state: RecordState;
    reason_code: string | null;
    reason_text: string | null;
    problems: ColumnType<Problem[], string | undefined, string>;
    source: Json<unknown>;
    source_hash: string;
    /** Of a label: the key of its order. */
    parent_key: string | null;
    /** Of an order: the orderKey it has, or will have, in ShipStation. */
    remote_key: string | null;
    title: string | null;
    search: string;
    attempts: Generated<number>;
    /** Since when it has been tried without coming to anything. */
    trying_since: ColumnType<Date | null, Date | null | undefined, Date | null>;
    due_at: MaybeAt;
    fence: Generated<number>;
    claimed_until: ColumnType<Date | null, Date | null | undefined, Date | null>;
    first_seen_at: At;
    changed_at: At;
  };
  links: {
    connection_id: string;
    kind: RecordKind;
    key: string;
    system: SystemName;
    remote_id: string;
    sent_hash: string | null;
    created_at: At;
    updated_at: At;
  };
  effects: {
    connection_id: string;
    effect_key: string;
    kind: RecordKind;
    key: string;
    state: EffectState;
    plan_hash: string;
    plan: Json<unknown>;
    attempt: number;
    fence: number;
    dispatched_at: MaybeAt;
    quarantine_until: MaybeAt;
    settled_at: MaybeAt;
    /** When it was dispatched, by the other system's own clock. */
    their_time: ColumnType<Date | null, Date | null | undefined, Date | null>;
    evidence: ColumnType<unknown, string | null, string | null>;
    /** An order's writes to one warehouse of the ERP: none of them is confirmed while another is in doubt (I4). */
    scope: ColumnType<string | null, string | null | undefined, string | null>;
  };
  shipment_plans: {
    connection_id: string;
    plan_id: string;
    order_key: string;
    warehouse: string;
    state: "frozen" | "confirmed" | "dropped";
    plan: Json<unknown>;
    shipment_nbr: string | null;
    fence: Generated<number>;
    held_until: ColumnType<Date | null, Date | null | undefined, Date | null>;
    created_at: At;
    updated_at: At;
  };
  plan_labels: { connection_id: string; label_id: string; warehouse: string; plan_id: string };
  cursors: {
    connection_id: string;
    stream: string;
    position: At;
    polled_at: At;
    seen: number;
    polls: Generated<number>;
  };
  stream_lateness: {
    connection_id: string;
    stream: string;
    day: ColumnType<Date | string, string, never>;
    largest_ms: number;
  };
  breakers: {
    connection_id: string;
    system: SystemName;
    window_ends_at: At;
    calls: number;
    failures: number;
    reason: string;
    open_until: MaybeAt;
    probe_until: MaybeAt;
    opened: Generated<number>;
  };
  sweep_finds: { connection_id: string; sweep: string; kind: string; key: string; what: string; found_at: At };
  mirror_orders: {
    connection_id: string;
    order_id: string;
    order_key: string | null;
    order_number: string | null;
    order_status: string | null;
    store_id: string | null;
    parent_id: string | null;
    combined_into: string | null;
    modify_date: string | null;
    seen_at: At;
  };
  codes_seen: {
    connection_id: string;
    list: string;
    code: string;
    seen: number;
    first_seen_at: At;
    last_seen_at: At;
    example: string;
  };
  notices: { connection_id: string; code: string; text: string; since: At };
  listing_rests: { connection_id: string; stream: string; rest: Json<unknown>; saved_at: At };
  mirror_products: {
    connection_id: string;
    product_id: string;
    sku: string;
    active: boolean;
    modify_date: string | null;
    product: Json<unknown>;
    seen_at: At;
  };
  items: { connection_id: string; sku: string; item: Json<unknown>; seen_at: At };
  audit: {
    id: Generated<number>;
    connection_id: string | null;
    at: At;
    actor: string;
    kind: string | null;
    key: string | null;
    event: string;
    detail: Json<unknown>;
    /** Its number in its chain, without gaps; null in entries from before there was a chain. */
    seq: ColumnType<number | null, number | undefined, never>;
    hash: ColumnType<string | null, string | undefined, never>;
  };
  /** The end of each chain; `chain` is the connection's id, or empty for entries that belong to none. */
  audit_heads: { chain: string; seq: number; hash: string; earlier: Generated<number> };
  exchanges: {
    id: Generated<number>;
    connection_id: string;
    at: At;
    subjects: string[];
    system: SystemName;
    method: string;
    url: string;
    status: number | null;
    took_ms: number;
    request_body: string | null;
    response_body: string | null;
    failure: string | null;
  };
  doorbells: { connection_id: string; stream: string; rung_at: At; rings: Generated<number> };
  wakeups: { connection_id: string; flow: string; due_at: At; ran_at: MaybeAt; outcome: string | null };
  /** Written by `instance.ts` alone. */
  instance: { id: number; name: string };
  /** Written by `epochs.ts` alone: what each data directory last noted about this database. */
  epochs: { place: string; epoch: string; previous: string | null; noted_at: At };
  quotas: {
    connection_id: string;
    system: SystemName | "shipstation-v2";
    window_ends_at: At;
    call_limit: number;
    remaining: number;
    taken: Generated<number>;
  };
}

export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;
