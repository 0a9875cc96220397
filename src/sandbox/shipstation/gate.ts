import type { Account } from "./account.ts";
import { gateway, type Answer } from "./answers.ts";
import type { ApiKeyPair, ShipStationOptions } from "./options.ts";

/** What every request passes first: key, plan, and the budget of calls (facts: shipstation 1.2 to 1.4, 7). */
export interface Admission {
  refusal: Answer | undefined;
  headers: Record<string, string>;
}

const windowMs = 60_000;

/** Fixed windows of a minute, one counter per key pair. A refused call does not count. */
export function createGate(account: Account): (authorization: string | null) => Admission {
  const used = new Map<string, { window: number; calls: number }>();
  return (authorization) => {
    const { options } = account;
    const now = account.clock.now();
    const pair = pairOf(options.keys, authorization);
    if (!pair || (pair.expiresAt !== undefined && now >= pair.expiresAt)) {
      return { refusal: unauthorized(options.unauthorizedBody), headers: {} };
    }
    if (options.planStatus !== null) {
      const message = "Your current plan does not include access to the API.";
      return { refusal: gateway(options.planStatus, message), headers: {} };
    }
    const window = Math.floor(now / windowMs);
    const purse = options.budgetPer === "pair" ? pair.key : "";
    let count = used.get(purse);
    if (count?.window !== window) used.set(purse, (count = { window, calls: 0 }));
    const before = count.calls;
    const isOver = before >= options.callsPerMinute;
    if (!isOver) count.calls++;
    const spent = options.remainingCountsOwnCall ? count.calls : before;
    const resetSeconds = Math.max(1, Math.ceil(((window + 1) * windowMs - now) / 1000));
    const headers = {
      "X-Rate-Limit-Limit": String(options.callsPerMinute),
      "X-Rate-Limit-Remaining": String(Math.max(0, options.callsPerMinute - (isOver ? count.calls : spent))),
      // Seconds left, not a time; never 0, so that waiting this long is always enough.
      "X-Rate-Limit-Reset": String(resetSeconds),
    };
    if (!isOver) return { refusal: undefined, headers };
    return {
      refusal: gateway(options.throttleStatus, "Too Many Requests"),
      headers: {
        ...(options.throttleHeaders ? headers : {}),
        ...(options.retryAfter ? { "Retry-After": String(resetSeconds) } : {}),
      },
    };
  };
}

function pairOf(keys: readonly ApiKeyPair[], authorization: string | null): ApiKeyPair | undefined {
  const encoded = /^Basic\s+(.+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  return keys.find(({ key, secret }) => decoded === `${key}:${secret}`);
}

function unauthorized(shape: ShipStationOptions["unauthorizedBody"]): Answer {
  switch (shape) {
    case "json":
      return gateway(401, "Unauthorized");
    case "html":
      return {
        status: 401,
        raw: { type: "text/html", text: "<html><head><title>401 Unauthorized</title></head><body></body></html>" },
      };
    case "empty":
      return { status: 401 };
  }
}
