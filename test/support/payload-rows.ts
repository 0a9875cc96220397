import type { ErrorCode } from "../../src/lib/error-table.ts";
import { listRecorded, readRecorded } from "./recorded.ts";
import type { ParserName, Wire } from "./payload-parsers.ts";
import { acumaticaPayloads } from "./payload-table-acumatica.ts";
import { shipStationPayloads } from "./payload-table-shipstation.ts";

/** What becomes of one recorded file. */
export interface PayloadRow {
  /** Who of ours meets it; for an answer that is never asked for, who would if it came in another's place. */
  parser: ParserName;
  /** What is read: a part of it, or how many rows of a list; undefined where that is the answer, such as "there is none". */
  gives?: object | number | string | undefined;
  /** The code with which it is refused. */
  refused?: ErrorCode;
  /** The recording is one row, or the rows: what stands around it on the wire. */
  within?: "list" | "orders" | "shipments";
  /** Set where nothing of ours asks for it. */
  stray?: true;
}

interface Envelope {
  request?: { body?: unknown; bodyText?: string };
  response?: { status: number; headers?: Record<string, string | string[]>; body?: unknown; bodyText?: string };
}

/** A recorded file as it came over the wire: an envelope's answer, its request where it has no answer, or a bare body. */
export function wireOf(path: string, within?: PayloadRow["within"]): Wire {
  const content = readRecorded(path) as Envelope;
  const isEnvelope = path.endsWith(".http.json");
  const part = isEnvelope ? (content.response ?? content.request ?? {}) : { body: content };
  const headers = new Headers();
  const given = isEnvelope ? (content.response?.headers ?? {}) : {};
  for (const [name, value] of Object.entries(given)) for (const line of [value].flat()) headers.append(name, line);
  // The recorder wrote the bodies anew.
  for (const name of ["content-length", "content-encoding", "transfer-encoding"]) headers.delete(name);
  if (!headers.has("content-type") && part.body !== undefined) headers.set("content-type", "application/json");
  if (within === "list") part.body = [part.body];
  else if (within) part.body = { [within]: [part.body].flat(), total: 1, page: 1, pages: 1 };
  const text = part.bodyText ?? (part.body === undefined || part.body === null ? "" : JSON.stringify(part.body));
  return { status: (isEnvelope ? content.response?.status : undefined) ?? 200, headers, text };
}

/** Every recorded file, as `shipstation-v1/orders-list-2021.http.json`. */
export const recordedFiles = (): string[] =>
  ["acumatica", "shipstation-v1", "shipstation-v2"].flatMap((api) =>
    listRecorded(`payloads/${api}`).map((file) => `${api}/${file}`),
  );

export const payloadTable: Record<string, PayloadRow> = { ...acumaticaPayloads, ...shipStationPayloads };
