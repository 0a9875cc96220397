import type { Account } from "../account.ts";
import { refuse, type V2Answer } from "./answers.ts";
import type { V2Options } from "./options.ts";

/** What every request passes first: key, plan, and the budget of calls (facts: shipstation 6.1, payloads 3.7). */
export interface V2Admission {
  refusal: V2Answer | undefined;
  headers: Record<string, string>;
}

const windowMs = 60_000;

/** Fixed windows of a minute, one counter per key: another budget than V1's, under other names. */
export function createV2Gate(account: Account, options: V2Options): (apiKey: string | null) => V2Admission {
  const used = new Map<string, { window: number; calls: number }>();
  return (apiKey) => {
    const now = account.clock.now();
    const key = options.keys.find((each) => each.key === apiKey);
    if (!key || (key.expiresAt !== undefined && now >= key.expiresAt)) {
      const message = "The API key is invalid. Please see https://docs.shipstation.com/authentication";
      return { refusal: refuse(401, { type: "security", code: "unauthorized", message }), headers: {} };
    }
    if (options.planCode !== null) {
      const message = "Your current plan does not include access to this API.";
      const refusal = refuse(403, { type: "account_status", code: options.planCode, message });
      return { refusal, headers: {} };
    }
    const window = Math.floor(now / windowMs);
    let count = used.get(key.key);
    if (count?.window !== window) used.set(key.key, (count = { window, calls: 0 }));
    const isOver = count.calls >= options.callsPerMinute;
    if (!isOver) count.calls++;
    const reset = String(Math.max(1, Math.ceil(((window + 1) * windowMs - now) / 1000)));
    const headers = {
      "RateLimit-Limit": String(options.callsPerMinute),
      "RateLimit-Remaining": String(options.callsPerMinute - count.calls),
      "RateLimit-Reset": reset,
      ...(isOver && options.retryAfter ? { "Retry-After": reset } : {}),
    };
    const message = "You have exceeded the rate limit. Please see https://docs.shipstation.com/rate-limits";
    const throttled = { type: "system", code: "rate_limit_exceeded", message } as const;
    return { refusal: isOver ? refuse(options.throttleStatus, throttled) : undefined, headers };
  };
}
