import type { Fetch } from "../../src/lib/http.ts";
import type { Random } from "../../src/lib/random.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import type { FaultPlan } from "./faults.ts";
import type { Processes } from "./processes.ts";
import type { Timeline } from "./timeline.ts";

const minute = 60_000;

/** Both systems, set up as the seed draws it; their webhooks reach whichever process answers. */
export function createSimulatedSandbox(
  timeline: Timeline,
  random: Random,
  drawn: Random,
  faults: FaultPlan,
  processes: () => Processes,
  more: SandboxOptions["acumatica"] = {},
): Sandbox {
  const lost = areHooksLost(faults, drawn);
  const lagMs = faults.kinds.has("list-lag") ? Math.floor(drawn.next() * 8 * minute) : 0;
  return createSandbox({
    clock: timeline.clockOf(timeline.world),
    seed: 1 + Math.floor(random.next() * 1_000_000),
    webhooks: !lost,
    listLagMs: faults.isLeftOut("list-lag") ? 0 : lagMs,
    fetch: deliverHooks(timeline, drawn, faults, processes),
    acumatica: {
      tenants: ["Brand", "Other"],
      maxSessions: 6,
      confirmPolls: Math.floor(drawn.next() * 3),
      holdShipmentsOnEntry: drawn.next() < 0.5,
      autoPackage: drawn.next() < 0.2,
      remainderStatus: drawn.next() < 0.5 ? "Open" : "Back Order",
      ...more,
    },
    shipstation: {
      bulkResults: drawn.next() < 0.5 ? "as-sent" : "reversed",
      packagesAs: drawn.next() < 0.7 ? "shipments" : "one-shipment",
      splitKeys: drawn.next() < 0.7 ? "same" : "none",
      lockedUpdate: drawn.next() < 0.7 ? "ignored" : "refused",
    },
  });
}

/** Few rows on a page, so that rows move between pages. */
export function withSmallPages(fetch: Sandbox["shipstationFetch"], faults: FaultPlan): Sandbox["shipstationFetch"] {
  return (request) => {
    const url = new URL(request.url);
    const isWanted = faults.striking && faults.kinds.has("rows-move") && !faults.isLeftOut("rows-move");
    if (!isWanted || !url.searchParams.has("pageSize")) return fetch(request);
    url.searchParams.set("pageSize", "2");
    return fetch(new Request(url, { method: request.method, headers: request.headers }));
  };
}

const areHooksLost = (faults: FaultPlan, drawn: Random): boolean =>
  faults.kinds.has("hooks-lost") && drawn.next() < 0.5 && !faults.isLeftOut("hooks-lost");

/** Webhooks come when they come, twice, or never. */
function deliverHooks(timeline: Timeline, drawn: Random, faults: FaultPlan, processes: () => Processes): Fetch {
  /** To whichever process answers; where none runs it is lost. */
  const deliver = async (request: Request): Promise<Response> => {
    const running = processes().running();
    const one = running[Math.floor(drawn.next() * running.length)];
    return (await one?.app?.web.fetch(request)) ?? new Response(null, { status: 503 });
  };
  const ok = (): Response => new Response(null, { status: 200 });
  return (request) => {
    if (faults.strikes("hooks-lost")) return Promise.resolve(ok());
    const times = faults.strikes("hooks-twice") ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const ms = 20 + (faults.strikes("hooks-late") ? drawn.next() * 5 * minute : 0);
      const copy = request.clone();
      timeline.after(ms, timeline.world, "a webhook arrives", () => void deliver(copy).catch(() => undefined));
    }
    return Promise.resolve(ok());
  };
}

/** Of a second account no id is one of the first's. */
const idsFrom = 40_000_000;
export const secondAccount = {
  key: "other-shipstation-key-not-a-secret",
  secret: "other-shipstation-secret-not-a-secret",
};

/** Another customer's two systems: the other company of the same site, and an account of its own. */
export function createSecondSandbox(
  timeline: Timeline,
  random: Random,
  faults: FaultPlan,
  processes: () => Processes,
  first: Sandbox,
): Sandbox {
  const own = createSandbox({
    clock: timeline.clockOf(timeline.world),
    seed: 1 + Math.floor(random.next() * 1_000_000),
    webhooks: !areHooksLost(faults, random),
    listLagMs: first.shipstation.options.listLagMs,
    fetch: deliverHooks(timeline, random, faults, processes),
    shipstation: { keys: [secondAccount], idsFrom },
  });
  return { ...own, acumatica: { ...first.acumatica, ...first.acumatica.companyOf("Other") } };
}
