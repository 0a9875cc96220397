import { createApp, type App } from "../../src/app.ts";
import { demoConfig, demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import type { Db } from "../../src/ledger/schema.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { Random } from "../../src/lib/random.ts";
import { sandboxV2Key } from "../../src/sandbox/sandbox.ts";
import { askApi } from "./api.ts";
import type { Server } from "./database.ts";
import { simulatedOrigins, type Network } from "./network.ts";
import { byOAuth } from "./oauth.ts";
import type { Timeline } from "./timeline.ts";

const minute = 60_000;

/** A consultant sets the connection up and confirms the company, before anything goes wrong. */
export async function connect(options: {
  server: Server;
  db: Db;
  timeline: Timeline;
  network: Network;
  random: Random;
  /** ShipStation's V2 as well. */
  withV2: boolean;
  /** Signs in by a person's consent, given by this. */
  consent: ((app: App) => Promise<void>) | undefined;
}): Promise<void> {
  const { server, db, timeline, network, random, withV2, consent } = options;
  const credentials = { ...demoCredentials, ...(withV2 ? { v2ApiKey: sandboxV2Key } : {}) };
  const file = demoConnection(simulatedOrigins, credentials, true) as {
    acumatica: Record<string, unknown>;
    settings: { flows: object };
  };
  if (consent) file.acumatica = byOAuth(file.acumatica);
  const pick = (from: readonly number[]): number => from[Math.floor(random.next() * from.length)]!;
  file.settings.flows = {
    orderPollSeconds: pick([120, 300]),
    labelPollSeconds: pick([120, 300]),
    settleSeconds: pick([5, 60]),
    doorbellGapSeconds: pick([1, 10]),
    webhooks: true,
  };
  let done = false;
  const work = async (): Promise<void> => {
    const app = await createApp({
      config: {
        ...demoConfig(server.folder, 4400, simulatedOrigins),
        masterKey: Buffer.alloc(32, 7).toString("base64"),
      },
      ports: { fetch: network.of(timeline.world), clock: timeline.clockOf(timeline.world), random, log: silentLog },
      database: { db, embedded: undefined, url: undefined, close: () => Promise.resolve() },
      role: "web",
    });
    await app.addConnection(file, "consultant");
    await consent?.(app);
    // Without a person's word whatever company is met first would be the right one.
    const { here } = (await (await askApi(app, "demo", "company")).json()) as { here: { id: string } };
    await askApi(app, "demo", "company/confirm", { company: here.id });
  };
  const failure = work().then(
    () => void (done = true),
    (error: unknown) => {
      done = true;
      throw error;
    },
  );
  await timeline.run(timeline.now() + minute, () => done);
  await failure;
  // Not while the timeline runs, which waits for nothing but its own events. The catalog has a rhythm of its own and a record for each
  // item: one seed in eight has it run.
  if (random.next() < 0.875) await server.query("update wakeups set due_at = 'infinity' where flow = 'catalog-out'");
}
