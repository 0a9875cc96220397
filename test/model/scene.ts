import type { SiteMemory } from "../../src/acumatica/client.types.ts";
import { createApp } from "../../src/app.ts";
import { demoConfig, demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import { openClients } from "../../src/connections/clients.ts";
import type { Connection } from "../../src/connections/store.ts";
import type { FlowDeps } from "../../src/flows/deps.ts";
import { readLabels } from "../../src/flows/label-polls.ts";
import { createArchive } from "../../src/ledger/exchanges.ts";
import type { Db } from "../../src/ledger/schema.ts";
import { createMovableClock, type Clock } from "../../src/lib/clock.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import { createSandbox, sandboxFetch, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Server } from "../simulation/database.ts";
import { simulatedOrigins } from "../simulation/network.ts";
import { createTape, type Tape } from "./tape.ts";
import { makeShipmentByHand } from "../support/erp-person.ts";

/**
 * How the ERP stands when the story begins. `order`: the order is open, its shipment is to be made. `by-hand`: a person has made the
 * shipment, without a package: it is taken over, the package appended. Then it is confirmed.
 */
export type Opening = "order" | "by-hand";
export const openings: readonly Opening[] = ["order", "by-hand"];

/** Where every story begins: one order in both systems, one label printed and known to the ledger. */
export interface Scene {
  server: Server;
  tape: Tape;
  connection: Connection;
  startsAt: number;
  /** A sandbox in the state in which the story begins, on the story's clock. */
  sandbox(clock: Clock, opening: Opening): Promise<Sandbox>;
}

const origins = { acumaticaOrigin: simulatedOrigins.acumatica, shipstationOrigin: simulatedOrigins.shipstation };
const startsAt = Date.parse("2026-05-01T14:00:00Z");

export const fetchOf = (sandbox: Sandbox): Fetch => sandboxFetch(sandbox, origins);

function newSandbox(clock: Clock): Sandbox {
  return createSandbox({
    clock: createMovableClock(() => clock.now()),
    seed: 1,
    orders: 1,
    webhooks: false,
    // A dead process leaves its session to end by itself; the answer to a confirmation is its status, not its polls.
    acumatica: { maxSessions: 100, confirmPolls: 0 },
  });
}

/** Brings the order out and reads its label, through the product, once for all stories. */
export async function setTheScene(server: Server): Promise<Scene> {
  await server.empty();
  const clock = createMovableClock(() => startsAt);
  const sandbox = newSandbox(clock);
  const random = createSeededRandom(1);
  const app = await createApp({
    config: {
      ...demoConfig(server.folder, 4400, simulatedOrigins),
      masterKey: Buffer.alloc(32, 7).toString("base64"),
    },
    ports: { fetch: fetchOf(sandbox), clock, random, log: silentLog },
    database: { db: server.db, embedded: undefined, url: undefined, close: () => Promise.resolve() },
    role: "web",
  });
  const connection = await app.addConnection(demoConnection(simulatedOrigins, demoCredentials, false), "consultant");
  await app.run(connection.id, "orders-out");
  const [order] = sandbox.shipstation.tables.orders.keys();
  if (order === undefined) throw new Error("the order did not reach ShipStation");
  sandbox.shipstation.buyLabels({ orderIds: [order] });
  const deps = depsOf({ connection, db: server.db, clock, random, fetch: fetchOf(sandbox) });
  await readLabels(deps);
  // What is learned about the site is remembered, as the service remembers it.
  await deps.acumatica.getSalesOrder("SO", "none");
  await deps.acumatica.getShipment("none");
  const shipStation = structuredClone({
    orders: sandbox.shipstation.tables.orders,
    shipments: sandbox.shipstation.tables.shipments,
  });
  return {
    ...{ server, connection, startsAt },
    tape: await createTape(server),
    sandbox: async (now, opening) => {
      const fresh = newSandbox(now);
      const { orders, shipments } = structuredClone(shipStation);
      for (const [id, row] of orders) fresh.shipstation.tables.orders.set(id, row);
      for (const [id, row] of shipments) fresh.shipstation.tables.shipments.set(id, row);
      if (opening === "by-hand") {
        await makeShipmentByHand({ sandbox: fresh }, fresh.acumatica.tables.salesOrders[0]!);
      }
      return fresh;
    },
  };
}

const facts = new Map<string, unknown>();
const memory: SiteMemory = {
  recall: (topic) => Promise.resolve(facts.get(topic)),
  keep: (topic, fact) => Promise.resolve(void facts.set(topic, fact)),
};

/** What a flow of one worker works with: the production clients and ledger, on the ports given. */
export function depsOf(ports: {
  connection: Connection;
  db: Db;
  clock: Clock;
  random: Random;
  fetch: Fetch;
}): FlowDeps {
  const { connection, db } = ports;
  const budget = { take: () => Promise.resolve(), observe: () => Promise.resolve() };
  const { username, password, apiKey, apiSecret } = demoCredentials;
  const clients = openClients(connection, {
    ...{ fetch: ports.fetch, clock: ports.clock, random: ports.random, log: silentLog },
    ...{ budget, budgetV2: budget, memory },
    credentials: {
      acumatica: () => Promise.resolve({ username, password }),
      application: () => Promise.reject(new Error("there is no application")),
      shipstation: () => Promise.resolve({ apiKey, apiSecret }),
      shipstationV2: () => undefined,
    },
  });
  return {
    ...{ db, connection, clock: ports.clock, random: ports.random, log: silentLog },
    ...{ acumatica: clients.acumatica, shipstation: clients.shipstation, shipstationV2: undefined },
    ...{ notices: new Set<string>(), archive: createArchive(db, connection.id), hookUrl: undefined },
    instance: "model1",
    stopping: () => false,
  };
}

/**
 * All that decides what can still happen, but for what the workers have seen. Moments count by how long they are still to come: what is
 * past is past. Row ids are drawn, and mean nothing.
 */
export async function stateOf({ server }: Scene, sandbox: Sandbox, now: number): Promise<string> {
  const { rows } = await server.query(
    `select
       (select json_agg(t) from (select key, state, reason_code, attempts, fence, greatest(due_at, $1) as due,
          greatest(claimed_until, $1) as held from records where kind = 'label' order by key) t) as records,
       (select json_agg(t) from (select effect_key, state, fence, greatest(coalesce(their_time + (quarantine_until - dispatched_at), quarantine_until), $1) as until,
          evidence->'absentAt' as absent from effects where kind = 'label' order by effect_key) t) as effects,
       (select json_agg(t) from (select plan_id, state, shipment_nbr, fence, greatest(held_until, $1) as held
          from shipment_plans order by plan_id) t) as plans,
       (select json_agg(t) from (select key, remote_id from links where kind = 'label' order by key) t) as links,
       (select greatest(polled_at, $2) from cursors where stream = 'shipstation.voids') as voids`,
    [new Date(now), new Date(now - minute)],
  );
  const { shipments, salesOrders } = sandbox.acumatica.tables;
  const erp = JSON.stringify([shipments, salesOrders], (key, value: unknown) =>
    key === "id" || key === "NoteID" || /Modified|Created/.test(key) ? undefined : value,
  );
  return `${relative(JSON.stringify(rows), now, -minute)} ${erp}`;
}

const minute = 60_000;

/** Moments in a text, by how far away they are. */
export function relative(text: string, now: number, least = 0): string {
  const away = (at: number): string => `@${Math.max(at - now, least)}`;
  return text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d(?::?\d\d)?)?/g, (at) => away(Date.parse(at)))
    .replaceAll(/\b1[78]\d{11}\b/g, (at) => away(Number(at)));
}
