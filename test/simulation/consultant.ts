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

/** Another customer of the same service. */
export interface SecondConnection {
  id: string;
  company: string;
  origin: string;
  account: { key: string; secret: string };
  random: Random;
}

/** A consultant sets the connections up and confirms their companies, before anything goes wrong. */
export async function connect(options: {
  server: Server;
  db: Db;
  timeline: Timeline;
  network: Network;
  random: Random;
  /** ShipStation's V2 as well. */
  withV2: boolean;
  /** Signs in by a person's consent, given by this. */
  consent: ((app: App, connectionId: string) => Promise<void>) | undefined;
  second: SecondConnection | undefined;
}): Promise<void> {
  const { server, db, timeline, network, random, withV2, consent, second } = options;
  const credentials = { ...demoCredentials, ...(withV2 ? { v2ApiKey: sandboxV2Key } : {}) };
  const isByOAuth = consent !== undefined;
  const files = [fileOf({ credentials, random, isByOAuth })];
  if (second) {
    const theirs = { ...demoCredentials, tenant: second.company };
    const account = { apiKey: second.account.key, apiSecret: second.account.secret };
    const origins = { ...simulatedOrigins, shipstation: second.origin };
    const file = fileOf({ credentials: { ...theirs, ...account }, origins, random: second.random, isByOAuth });
    files.push({ ...file, id: second.id, name: "Other brand" });
  }
  let done = false;
  const work = async (): Promise<void> => {
    const app = await createApp({
      config: {
        ...demoConfig(server.folder, 4400, simulatedOrigins),
        allowedOrigins: Object.values(simulatedOrigins),
        masterKey: Buffer.alloc(32, 7).toString("base64"),
      },
      ports: { fetch: network.of(timeline.world), clock: timeline.clockOf(timeline.world), random, log: silentLog },
      database: { db, embedded: undefined, url: undefined, close: () => Promise.resolve() },
      role: "web",
    });
    for (const file of files) {
      await app.addConnection(file, "consultant");
      await consent?.(app, file.id);
      // Without a person's word whatever company is met first would be the right one.
      const { here } = (await (await askApi(app, file.id, "company")).json()) as { here: { id: string } };
      await askApi(app, file.id, "company/confirm", { company: here.id });
    }
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

interface ConnectionFile {
  id: string;
  name: string;
  acumatica: Record<string, unknown>;
  settings: { flows: object };
}

function fileOf(options: {
  credentials: Parameters<typeof demoConnection>[1];
  origins?: Parameters<typeof demoConnection>[0];
  random: Random;
  isByOAuth: boolean;
}): ConnectionFile {
  const { credentials, origins = simulatedOrigins, random, isByOAuth } = options;
  const file = demoConnection(origins, credentials, true) as ConnectionFile;
  if (isByOAuth) file.acumatica = byOAuth(file.acumatica);
  const pick = (from: readonly number[]): number => from[Math.floor(random.next() * from.length)]!;
  file.settings.flows = {
    orderPollSeconds: pick([120, 300]),
    labelPollSeconds: pick([120, 300]),
    settleSeconds: pick([5, 60]),
    doorbellGapSeconds: pick([1, 10]),
    webhooks: true,
  };
  return file;
}
