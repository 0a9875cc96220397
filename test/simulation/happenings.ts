import type { World } from "./world.ts";
import { resume } from "./ending.ts";

const minute = 60_000;

/** Puts what people do, and the faults that come at a time rather than with a call, on the timeline. */
export function scheduleHappenings(world: World): void {
  const { timeline, random, people, phaseMs } = world;
  const at = (ms: number, run: () => unknown): void => void timeline.after(ms, timeline.world, "", run);
  const sometime = (): number => random.next() * phaseMs;
  at(0, () => {
    for (let orders = 1 + Math.floor(random.next() * 3); orders > 0; orders--) enter(world);
  });
  for (let acts = 2 + Math.floor(random.next() * 10); acts > 0; acts--) {
    at(sometime(), () => {
      if (mayAct(world)) timeline.note(`people: ${people.act()}`);
    });
  }
  for (let orders = Math.floor(random.next() * 3); orders > 0; orders--)
    at(sometime(), () => mayAct(world) && enter(world));
  // A person looks now and then whether a connection has stopped.
  for (let looks = 0; looks < 3; looks++) at(sometime(), () => resume(world));
  scheduleFaults(world, at, sometime);
}

/** A story that is shrunk ends its people's part early. */
export const mayAct = (world: World): boolean => world.acts.done < world.acts.most && ++world.acts.done > 0;

/** An order of a transaction that commits late is stamped before it can be seen. */
function enter({ timeline, random, people, faults, sandbox, curse, late, uncommitted }: World): void {
  timeline.note(`people: ${people.order()}`);
  const { salesOrders } = sandbox.acumatica.tables;
  const order = salesOrders.at(-1)!;
  if (random.next() < 0.5) curse.on ??= order.OrderNbr.toLowerCase();
  if (!faults.strikes("late-commit")) return;
  salesOrders.pop();
  late.add(order.OrderNbr);
  const ms = random.next() * 12 * minute;
  timeline.note(`${order.OrderNbr} is committed ${Math.round(ms / 1000)} s late`);
  uncommitted.count++;
  timeline.after(ms, timeline.world, "", () => {
    uncommitted.count--;
    salesOrders.push(order);
  });
}

function scheduleFaults(world: World, at: (ms: number, run: () => unknown) => void, sometime: () => number): void {
  const { timeline, random, faults, sandbox, processes } = world;
  const { acumatica } = sandbox;
  const during = (kind: Parameters<typeof faults.strikes>[0], begin: () => void, end: () => void): void => {
    if (!faults.kinds.has(kind)) return;
    at(sometime(), () => {
      if (!faults.comes(kind)) return;
      timeline.note(`begins: ${kind}`);
      begin();
    });
    at(world.phaseMs, () => {
      if (!faults.isLeftOut(kind)) end();
    });
  };
  if (faults.kinds.has("session-lost")) {
    for (let times = 0; times < 3; times++) {
      at(sometime(), () => {
        if (!faults.comes("session-lost")) return;
        timeline.note("the ERP's site restarts");
        acumatica.restart();
      });
    }
  }
  during(
    "login-limit",
    () => sandbox.faults.set([{ system: "acumatica", kind: "session-limit", rate: 0.5 }]),
    () => sandbox.faults.clear(),
  );
  during(
    "wrong-company",
    () => {
      acumatica.options.landsIn = { Brand: "Other" };
      acumatica.restart();
    },
    () => {
      acumatica.options.landsIn = {};
      acumatica.restart();
    },
  );
  during(
    "clock-step",
    () => {
      for (const { owner } of processes.running()) owner.skewMs += (random.next() - 0.5) * 4 * 60 * minute;
    },
    () => {
      for (const { owner } of processes.running()) owner.skewMs = 0;
    },
  );
  at(world.phaseMs, () => {
    sandbox.shipstation.options.listLagMs = 0;
  });
  if (faults.kinds.has("restored-backup")) scheduleRestore(world, at);
}

/** The database as it was some minutes ago: what was written to the two systems since is not remembered. */
function scheduleRestore(world: World, at: (ms: number, run: () => unknown) => void): void {
  const { timeline, random, faults, processes, server, phaseMs } = world;
  const keptAt = random.next() * phaseMs * 0.6;
  const restoredAt = keptAt + random.next() * (phaseMs - keptAt);
  at(keptAt, async () => {
    timeline.note("a backup is taken");
    await server.keep();
  });
  at(restoredAt, async () => {
    if (!faults.comes("restored-backup")) return;
    timeline.note("the backup is restored");
    for (const { owner } of processes.running()) await processes.kill(owner, "for the restore");
    await server.restore(new Date(timeline.now()));
    await world.restored();
  });
}
