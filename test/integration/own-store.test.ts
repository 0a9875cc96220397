import { afterEach, expect, test } from "vitest";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

interface Shown {
  notices: { code: string; text: string; cure?: string }[];
  flows: { flow: string; outcome: string | null }[];
}

async function shown(here: World): Promise<Shown> {
  const headers = { authorization: `Bearer ${here.app.operatorToken}` };
  const response = await here.app.web.request("/api/v1/connections", { headers });
  const { connections } = (await response.json()) as { connections: Shown[] };
  return connections[0]!;
}

test("while ShipStation's own Acumatica store is switched on, the connection says so from its first hour on", async () => {
  world = await createWorld({ sandbox: { shipstation: { ownAcumaticaStore: true } } });
  await world.run("subscription");
  const { notices, flows } = await shown(world);
  expect(notices).toEqual([
    {
      code: "shipstation.own-store",
      text: expect.stringMatching(/own Acumatica store ".+" \(\d+\) is switched on/) as string,
      cure: expect.stringContaining("Deactivate that store") as string,
    },
  ]);
  expect(flows.find(({ flow }) => flow === "subscription")?.outcome).toContain("own Acumatica store");

  const headers = { authorization: `Bearer ${world.app.operatorToken}` };
  const status = (await (await world.app.web.request("/api/v1/status", { headers })).json()) as {
    connections: Shown[];
  };
  expect(status.connections[0]?.notices).toMatchObject([{ code: "shipstation.own-store" }]);

  world.sandbox.shipstation.options.ownAcumaticaStore = false;
  world.clock.advance(3_600_000);
  await world.run("subscription");
  expect((await shown(world)).notices).toEqual([]);
});
