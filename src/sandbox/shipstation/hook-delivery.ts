import type { Fetch } from "../../lib/http.ts";
import type { Account } from "./account.ts";

/** One delivery, as it went out. */
export interface HookDelivery {
  at: number;
  url: string;
  resourceUrl: string;
  resourceType: string;
  /** Status of the receiver's answer, or why there was none. */
  outcome: number | "dropped" | "failed";
}

export interface HookPorts {
  /** Absent: nothing is listening, and no hook is delivered. */
  fetch: Fetch | undefined;
  /** A fault's wish: this hook gets lost. */
  isDropped: (resourceType: string, resourceUrl: string) => boolean;
}

export interface Hook {
  url: string;
  resourceType: string;
  resourceUrl: string;
  /** Besides the content type; made of the body and the time it leaves at. */
  headers?: (body: string, at: number) => Record<string, string>;
}

export interface Courier {
  deliver: (hook: Hook) => void;
  /** The latest deliveries. */
  deliveries: HookDelivery[];
  /** Resolves when no delivery is under way. */
  drain: () => Promise<void>;
}

const receiverTimeMs = 30_000;
const keptDeliveries = 1_000;

/** Brings hooks to their receivers. `account` is looked up at each, so that settings count when something happens. */
export function createCourier(account: () => Account, ports: HookPorts): Courier {
  const underWay = new Set<Promise<void>>();
  const deliveries: HookDelivery[] = [];
  const remember = (delivery: HookDelivery): void => {
    deliveries.push(delivery);
    if (deliveries.length > keptDeliveries) deliveries.shift();
  };

  async function bring({ url, resourceType, resourceUrl, headers }: Hook): Promise<void> {
    const { clock, options } = account();
    if (options.webhookDelayMs > 0) await clock.sleep(options.webhookDelayMs);
    const entry = { at: clock.now(), url, resourceUrl, resourceType };
    if (!ports.fetch || ports.isDropped(resourceType, resourceUrl)) {
      remember({ ...entry, outcome: "dropped" });
      return;
    }
    const over = new AbortController();
    const deadline = new AbortController();
    void clock.sleep(receiverTimeMs, over.signal).then(
      () => deadline.abort(new Error("the receiver took too long")),
      () => undefined,
    );
    try {
      const body = JSON.stringify({ resource_url: resourceUrl, resource_type: resourceType });
      const response = await ports.fetch(
        new Request(url, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers?.(body, clock.now()) },
          body,
          signal: deadline.signal,
        }),
      );
      await response.body?.cancel();
      remember({ ...entry, outcome: response.status });
    } catch {
      // A failed delivery is not repeated: retries are undocumented, so no one may count on them.
      remember({ ...entry, outcome: "failed" });
    } finally {
      over.abort(new Error("delivered"));
    }
  }

  return {
    deliver: (hook) => {
      const delivery = bring(hook).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    },
    deliveries,
    drain: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
