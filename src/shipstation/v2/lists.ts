import type { z } from "zod";
import { ConnectorError } from "../../lib/errors.ts";
import type { CallPriority, Listing } from "../v1/client.types.ts";
import { memberOf } from "./errors.ts";
import type { V2Sender } from "./send.ts";

const pageSize = 100;
/** Calls of one listing: 10,000 rows. */
export const maxPagesPerListing = 100;

export interface V2List<T> {
  path: string;
  rowsName: string;
  idName: string;
  schema: z.ZodType<T>;
  query: Record<string, string>;
  /** Looked at after each page that brought rows: nothing of interest can follow. */
  isOver?: (rows: readonly T[]) => boolean;
}

/**
 * All pages of a list, or it throws. `links` may be `{}`, `pages` and `total` are not believed (facts: payloads 3.2): the end is a page
 * without rows, or one with fewer than asked for that `total` does not contradict. A row seen twice because rows moved counts once.
 */
export async function readList<T>(
  sender: V2Sender,
  list: V2List<T>,
  priority: CallPriority,
): Promise<Pick<Listing<T>, "rows" | "unreadable">> {
  const rows = new Map<unknown, T>();
  const unreadable: Listing<T>["unreadable"] = [];
  for (let page = 1, seen = 0; page <= maxPagesPerListing; page++) {
    const query = { ...list.query, page, page_size: pageSize };
    const body = await sender.send({ method: "GET", path: list.path, query, priority });
    const found = memberOf(body, list.rowsName);
    if (!Array.isArray(found)) throw unknownShape(`ShipStation V2's answer has no list of ${list.rowsName}.`);
    const read: T[] = [];
    for (const raw of found as unknown[]) {
      if (raw === null) continue;
      const parsed = list.schema.safeParse(raw);
      if (parsed.success) {
        rows.set(memberOf(raw, list.idName), parsed.data);
        read.push(parsed.data);
      } else unreadable.push({ raw, reason: firstIssue(parsed.error) });
    }
    seen += found.length;
    const total = memberOf(body, "total");
    const isShort = found.length < pageSize && !(typeof total === "number" && total > seen);
    if (found.length === 0 || isShort || (read.length > 0 && list.isOver?.(read) === true)) {
      return { rows: [...rows.values()], unreadable };
    }
  }
  throw new ConnectorError("internal.defect", {
    message: `The listing of ${list.path} did not end within ${maxPagesPerListing} calls.`,
  });
}

export function unknownShape(message: string, mayHaveApplied = false): ConnectorError {
  return new ConnectorError("shipstation.unreadable", { message, mayHaveApplied });
}

/** `shipment_id: Expected text`, of the first thing wrong. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "row"}: ${issue.message}` : error.message;
}
