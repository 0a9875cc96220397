import type { Random } from "../../src/lib/random.ts";
import type { SecondConnection } from "./consultant.ts";
import { mayAct } from "./happenings.ts";
import { simulatedOrigins } from "./network.ts";
import type { World } from "./world.ts";
import { secondAccount } from "./simulated-sandbox.ts";
import type { Tenant } from "./tenants.ts";

const share = 0.125;

/** In some seeds the same service has another customer: the site's other company, and an account of its own at ShipStation. */
export function drawSecond(stream: (number: number) => Random): SecondConnection | undefined {
  // A stream of which the seeds that are kept by name draw none.
  if (stream(44).next() >= share) return undefined;
  const random = stream(23);
  // As it is in the world all accounts are at one address, and only the key tells them apart.
  const origin = random.next() < 0.5 ? simulatedOrigins.shipstation : simulatedOrigins.otherShipstation;
  return { id: "other", company: "Other", origin, account: secondAccount, random };
}

/** What the other customer's people do: a few orders, and some of what people do. */
export function scheduleSecond(world: World, { people, sandbox }: Tenant, random: Random): void {
  const { timeline, phaseMs } = world;
  const at = (ms: number, run: () => unknown): void => void timeline.after(ms, timeline.world, "", run);
  for (let orders = 1 + Math.floor(random.next() * 3); orders > 0; orders--) {
    at(random.next() * 0.3 * phaseMs, () => timeline.note(`people of Other: ${people.order()}`));
  }
  for (let acts = Math.floor(random.next() * 6); acts > 0; acts--) {
    at(random.next() * phaseMs, () => {
      if (mayAct(world)) timeline.note(`people of Other: ${people.act()}`);
    });
  }
  at(phaseMs, () => {
    sandbox.shipstation.options.listLagMs = 0;
  });
}
