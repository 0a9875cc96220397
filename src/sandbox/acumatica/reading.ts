import type { Served } from "./catalogue.ts";
import type { Contract } from "./contract.ts";
import { parseQuery, refuseUnsupportedList, type Query } from "./query.ts";
import { noSuchEntity } from "./refusals.ts";
import type { Row } from "./tables.ts";
import type { Tenant } from "./tenant.ts";
import { entityText, type WireContext } from "./wire-text.ts";

export interface Reader {
  tenant: Tenant;
  contract: Contract;
  sessionId: string;
  linksBase: string | undefined;
  /** The request's header asks for archived records, too. */
  showArchived: boolean;
}

const isShown =
  (reader: Reader) =>
  (row: Row): boolean =>
    reader.showArchived || row.isArchived !== true;

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A list: filtered, in no order anybody promised, then `$skip` and `$top` (facts: acumatica 2.2). */
export function listText(reader: Reader, served: Served, params: URLSearchParams): string {
  const query = queryOf(reader, served, params);
  refuseUnsupportedList(
    served.spec,
    reader.contract,
    query.shape,
    reader.tenant.options.listsUnsupported?.[served.spec.name] ?? [],
  );
  const { filter, skip, top } = query;
  const all = served.rows(reader.tenant.tables).filter(isShown(reader));
  const found = filter ? all.filter(filter) : all;
  const page = shuffled(found, reader.tenant.revision).slice(skip, top === undefined ? undefined : skip + top);
  const context = contextOf(reader, query, { isList: true, isPut: false });
  return `[${page.map((row, index) => entityText(served.spec, row, query.shape, index + 1, context)).join(",")}]`;
}

/** One record by the rest of its path: its keys, or its id. */
export function recordText(reader: Reader, served: Served, keys: string[], params: URLSearchParams): string {
  const query = queryOf(reader, served, params);
  const row = findByPath(reader, served, keys);
  if (!row || !isShown(reader)(row)) throw noSuchEntity();
  return entityText(served.spec, row, query.shape, 1, contextOf(reader, query, { isList: false, isPut: false }));
}

/** What a PUT answers: head fields and what the query asks for. */
export function savedText(reader: Reader, served: Served, row: Row, params: URLSearchParams): string {
  const query = queryOf(reader, served, params);
  return entityText(served.spec, row, query.shape, 1, contextOf(reader, query, { isList: false, isPut: true }));
}

/**
 * `|` may stand for `/`. A slash inside a key cannot be told from one between keys: such records are read by id or by filter
 * (facts: acumatica 2.2).
 */
export function findByPath(reader: Reader, served: Served, segments: string[]): Row | undefined {
  const keys = segments.join("/").replaceAll("|", "/").split("/");
  const [first = ""] = keys;
  if (keys.length === 1 && guidPattern.test(first)) return findById(reader.tenant, served, first);
  return keys.length === served.spec.keys.length ? served.byKeys(reader.tenant.tables, keys) : undefined;
}

export function findById(tenant: Tenant, served: Served, id: string): Row | undefined {
  const wanted = id.toLowerCase();
  return served.rows(tenant.tables).find((row) => row.id === wanted);
}

/** The first record the `$filter` of a PUT matches (facts: acumatica 2.3). */
export function findByFilter(reader: Reader, served: Served, params: URLSearchParams): Row | undefined {
  const { filter } = queryOf(reader, served, params);
  return filter && served.rows(reader.tenant.tables).find(filter);
}

function queryOf(reader: Reader, served: Served, params: URLSearchParams): Query {
  return parseQuery(params, served.spec, reader.contract, {
    unknownSelect: reader.tenant.options.unknownSelect ?? "ignore",
  });
}

function contextOf(reader: Reader, query: Query, how: { isList: boolean; isPut: boolean }): WireContext {
  return {
    ...how,
    contract: reader.contract,
    sessionId: reader.sessionId,
    custom: query.custom,
    showFiles: query.showFiles,
    linksBase: reader.linksBase,
  };
}

/** A sequence that follows neither key nor time and is another one after every change. */
function shuffled(rows: Row[], revision: number): Row[] {
  return rows
    .map((row) => ({ row, at: scatter(row.id, revision) }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row);
}

function scatter(id: string, revision: number): number {
  let hash = (revision + 1) * 0x9e3779b1;
  for (let at = 0; at < 8; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash >>> 0;
}

/** The fields that `$custom` could name, by view, each with its type and no value (facts: acumatica 1.1). */
export function adHocSchema(reader: Reader, served: Served): string {
  const custom: Record<string, Record<string, { type: string }>> = {};
  for (const row of served.rows(reader.tenant.tables)) {
    for (const [view, fields] of Object.entries(row.custom ?? {})) {
      for (const [field, { type }] of Object.entries(fields)) (custom[view] ??= {})[field] = { type };
    }
  }
  return JSON.stringify({ custom, _workflowActions: [] });
}
