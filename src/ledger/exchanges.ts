import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../lib/clock.ts";
import type { Exchange } from "../lib/http.ts";
import type { Db, RecordKind } from "./schema.ts";

/** The longest body kept with a record, in characters; a bulk write of 100 orders fits. */
const keptCharacters = 262_144;
/** The beginning of a poll's answer that is kept. */
const keptOfPolls = 4_096;
/** Exchanges held in memory before they are written, whatever happens. */
const heldExchanges = 200;

export interface Subject {
  kind: RecordKind;
  key: string;
}

/**
 * Keeps requests and answers with the records they were about. One archive a run of a flow; the clients, which live longer, report to
 * `observeExchange`, which finds the run it happened in.
 */
export interface Archive {
  /** Everything `work` exchanges is held by this archive. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Exchanges made inside belong to these records. Without subjects they are not kept, unless they failed. */
  about<T>(subjects: readonly Subject[], work: () => Promise<T>): Promise<T>;
  /** A poll: its exchanges belong to the records it turns out to have changed; they are named afterwards. */
  polling<T>(work: () => Promise<T>): Promise<{ result: T; attribute: (subjects: readonly Subject[]) => void }>;
  /** Writes what is held. */
  flush(): Promise<void>;
}

interface Held {
  at: Date;
  subjects: readonly Subject[] | undefined;
  exchange: Exchange;
}

const context = new AsyncLocalStorage<{ hold: (held: Held) => void; subjects: readonly Subject[] | undefined }>();

/** For the clients' `observe`: an exchange outside any run (a fit check) is not kept. */
export function observeExchange(clock: Clock): (exchange: Exchange) => void {
  return (exchange) => {
    const run = context.getStore();
    run?.hold({ at: new Date(clock.now()), subjects: run.subjects, exchange });
  };
}

export function createArchive(db: Db, connectionId: string): Archive {
  let held: Held[] = [];
  const hold = (entry: Held): void => {
    held.push(entry);
    if (held.length > heldExchanges) held = held.slice(-heldExchanges);
  };
  return {
    during: (work) => context.run({ hold, subjects: undefined }, work),
    about: (subjects, work) => context.run({ hold, subjects }, work),
    polling: async (work) => {
      const polled: Held[] = [];
      const result = await context
        .run({ hold: (entry) => polled.push(entry), subjects: undefined }, work)
        .catch((error: unknown) => {
          for (const entry of polled) hold(entry);
          throw error;
        });
      return {
        result,
        attribute: (subjects) => {
          for (const entry of polled) hold({ ...entry, subjects, exchange: shortened(entry.exchange) });
        },
      };
    },
    flush: async () => {
      const writing = held.filter((entry) => entry.subjects?.length || isFailure(entry.exchange));
      held = [];
      if (writing.length === 0) return;
      await db
        .insertInto("exchanges")
        .values(
          writing.map(({ at, subjects, exchange }) => ({
            connection_id: connectionId,
            at,
            subjects: (subjects ?? []).map((subject) => `${subject.kind}:${subject.key}`),
            system: exchange.system,
            method: exchange.method,
            url: exchange.url,
            status: exchange.status ?? null,
            took_ms: Math.round(exchange.tookMs),
            request_body: cut(exchange.requestBody),
            response_body: cut(exchange.responseBody),
            failure: exchange.failure ?? null,
          })),
        )
        .execute();
    },
  };
}

/** A poll's answer holds many records; each keeps its own source, so the beginning is enough here. */
function shortened(exchange: Exchange): Exchange {
  const { responseBody: body } = exchange;
  if (body === undefined || body.length <= keptOfPolls) return exchange;
  return { ...exchange, responseBody: `${body.slice(0, keptOfPolls)}\n… ${body.length - keptOfPolls} more characters` };
}

function isFailure(exchange: Exchange): boolean {
  return exchange.failure !== undefined || (exchange.status ?? 0) >= 400;
}

/** PostgreSQL text cannot hold NUL. */
function cut(body: string | undefined): string | null {
  if (body === undefined) return null;
  const clean = body.replaceAll("\u0000", "");
  return clean.length <= keptCharacters
    ? clean
    : `${clean.slice(0, keptCharacters)}\n… ${clean.length - keptCharacters} more characters`;
}
