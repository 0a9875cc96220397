import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { HttpAnswer } from "../lib/http.ts";
import { isHtml } from "./error-body.ts";
import { saysNoEntity, translate } from "./errors.ts";
import type { Call, Site } from "./requests.ts";

/**
 * A record by which a company is recognised: its `id` is the record's for life, and in another company it does not exist
 * (facts: acumatica 2.1). No call names the tenant one landed on (facts: acumatica 1.2).
 */
export interface Landmark {
  entity: "StockItem" | "Customer";
  /** The key it had when it was chosen, for people. */
  key: string;
  name: string;
  id: string;
}

/** Asks in the session that has just been opened, without opening another. */
export type Ask = (call: Call) => Promise<HttpAnswer>;

/** Asked about after each sign-in, before anything else. Throwing ends the session. */
export type CompanyCheck = (company: {
  /** Whether this record is here. */
  has: (landmark: Landmark) => Promise<boolean>;
  /** Some record to recognise this company by; undefined where there is none. */
  choose: () => Promise<Landmark | undefined>;
}) => Promise<void>;

/** In this order: a stock item with transactions cannot be deleted. */
const candidates = [
  { entity: "StockItem", key: "InventoryID", name: "Description" },
  { entity: "Customer", key: "CustomerID", name: "CustomerName" },
] as const;

/** Reasons to look for a landmark elsewhere. */
const elsewhere = new Set<ErrorCode>([
  "acumatica.rights",
  "acumatica.endpoint-missing",
  "acumatica.setup-missing",
  "acumatica.list-unsupported",
]);

export function companyOf(ask: Ask, site: Site): Parameters<CompanyCheck>[0] {
  const callTo = (entity: string, url: URL): Call => ({
    ...{ method: "GET", url, place: "entity", subject: `${entity} in ${site.endpoint}` },
  });
  async function read(call: Call): Promise<HttpAnswer> {
    const answer = await ask(call);
    if (answer.status < 300 && !isHtml(answer)) return answer;
    throw translate(answer, { ...call, isWrite: false, declinedWaitMs: 60_000 });
  }
  return {
    has: async ({ entity, id }) => {
      const { key } = candidateOf(entity);
      const call = callTo(entity, site.entity(entity, id, { select: [key] }));
      const answer = await ask(call);
      if (saysNoEntity(answer)) return false;
      if (answer.status >= 300 || isHtml(answer))
        throw translate(answer, { ...call, isWrite: false, declinedWaitMs: 60_000 });
      return rowsIn(answer).some((row) => row.id.toLowerCase() === id.toLowerCase());
    },
    choose: async () => {
      for (const { entity, key, name } of candidates) {
        try {
          const url = site.entity(entity, undefined, { top: 1, select: [key, name] });
          const [row] = rowsIn(await read(callTo(entity, url)));
          if (row) return { entity, key: textIn(row[key]).trim(), name: textIn(row[name]).trim(), id: row.id };
        } catch (thrown) {
          if (!(thrown instanceof ConnectorError && elsewhere.has(thrown.code))) throw thrown;
        }
      }
      return undefined;
    },
  };
}

const candidateOf = (entity: Landmark["entity"]) =>
  candidates.find((candidate) => candidate.entity === entity) ?? candidates[0];

const rowSchema = z.looseObject({ id: z.string().min(1) });
const field = z.object({ value: z.string() });

function rowsIn(answer: HttpAnswer): z.infer<typeof rowSchema>[] {
  const parsed = z.union([z.array(rowSchema), rowSchema]).safeParse(bodyOf(answer));
  if (!parsed.success) {
    throw new ConnectorError("acumatica.unreadable", { message: "The record that tells the company is unreadable." });
  }
  return Array.isArray(parsed.data) ? parsed.data : [parsed.data];
}

/** undefined: cut off, or no JSON at all. */
function bodyOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textIn = (member: unknown): string => {
  const parsed = field.safeParse(member);
  return parsed.success ? parsed.data.value : "";
};
