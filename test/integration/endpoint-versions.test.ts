import { afterEach, expect, test } from "vitest";
import type { AcumaticaEndpoint } from "../../src/sandbox/acumatica/options.ts";
import { defaultEndpoints } from "../../src/sandbox/acumatica/options.ts";
import { connectionId, createWorld, type World } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Every path that was asked for. */
let asked: string[] = [];
const freight = { markupPercent: 10 };

/** A connection to this endpoint of the customer's, with the freight written back. */
async function worldOn(endpoint: AcumaticaEndpoint, endpoints: AcumaticaEndpoint[] = [endpoint]): Promise<World> {
  asked = [];
  world = await createWorld({
    orders: 2,
    network: (fetch) => (request) => {
      asked.push(new URL(request.url).pathname);
      return fetch(request);
    },
    sandbox: { acumatica: { endpoints } },
    connection: (file) => {
      const settings = file["settings"] as Record<string, Record<string, unknown>>;
      const acumatica = file["acumatica"] as Record<string, unknown>;
      return {
        ...file,
        acumatica: { ...acumatica, endpointName: endpoint.name, endpointVersion: endpoint.version },
        settings: { ...settings, shipments: { ...settings["shipments"], freight } },
      };
    },
  });
  return world;
}

async function travel(here: World): Promise<void> {
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle();
}

/** Every order is in ShipStation, and its label in the ERP: tracking number, carrier, date, box, weight, mark and freight. */
function expectWholeJourney(here: World): void {
  expect(here.sandbox.check()).toMatchObject({ orders: 2, pushed: 2, shipped: 2, failed: 0, problems: [] });
  const shipments = here.sandbox.acumatica.tables.shipments;
  expect(shipments).toHaveLength(2);
  const vias = here.sandbox.acumatica.tables.shipVias.map((via) => via.CarrierID);
  for (const shipment of shipments) {
    const [parcel] = shipment.Packages;
    const label = [...here.sandbox.shipstation.tables.shipments.values()].find(
      ({ trackingNumber }) => trackingNumber === parcel?.TrackingNbr,
    );
    expect(shipment.Status).toBe("Confirmed");
    expect(vias).toContain(shipment.ShipVia);
    expect(shipment.ShipmentDate).toBe(label?.shipDate);
    expect(parcel?.CustomRefNbr1).toBe(`SSS${label?.shipmentId ?? 0}`);
    const cost = Math.round(((label?.shipmentCost ?? 0) + (label?.insuranceCost ?? 0)) * 100) / 100;
    expect(shipment.FreightCost).toBe(cost);
    expect(shipment.FreightPrice).toBeCloseTo(cost * 1.1, 2);
    expect(shipment.OverrideFreightPrice).toBe(true);
  }
}

test.for([20, 22, 23, 24, 25])("the whole journey on Default %s.200.001", async (major) => {
  const endpoint = defaultEndpoints.find(({ contract }) => contract === major);
  const here = await worldOn(endpoint!);
  await travel(here);
  expectWholeJourney(here);
  // What the version does not know is not sent: it would be ignored without a word.
  expect(here.sandbox.acumatica.tables.shipments.every((row) => row.UnlimitedPackages === major >= 24)).toBe(true);
  const sent = here.sandbox.acumatica.journal.map(({ body }) => JSON.stringify(body ?? {})).join();
  expect([sent.includes('"FreightAmount"'), sent.includes('"FreightPrice"')]).toEqual([major === 20, major !== 20]);
});

test.for([
  { name: "extending 24", endpoint: { name: "Custom", version: "1.0.0", contract: 24 }, unlimited: true },
  { name: "extending 20", endpoint: { name: "Custom", version: "1.0.0", contract: 20 }, unlimited: false },
  {
    name: "extending 24, from which some members were taken",
    endpoint: {
      name: "Custom",
      version: "1.0.0",
      contract: 24,
      without: ["Shipment.UnlimitedPackages", "ShipmentPackage.Description", "ShippingBox"],
      extra: ["SalesOrder.Channel:text(20)"],
    },
    unlimited: false,
  },
])(
  "the whole journey on an endpoint of the customer's own, $name, whose swagger is asked for once",
  async ({ endpoint, unlimited }) => {
    const here = await worldOn(endpoint);
    await travel(here);
    await here.restart();
    await here.settle();
    expectWholeJourney(here);
    expect(here.sandbox.acumatica.tables.shipments.every((row) => row.UnlimitedPackages === unlimited)).toBe(true);
    expect(asked.filter((path) => path.endsWith("/swagger.json"))).toHaveLength(1);
  },
);

test.for(["forbidden", "missing"] as const)(
  "the whole journey on an endpoint of the customer's own whose swagger is %s, but for what cannot be known",
  async (swagger) => {
    const here = await worldOn({ name: "Custom", version: "1.0.0", contract: 22 });
    here.sandbox.acumatica.options.swagger = swagger;
    await travel(here);
    expect(here.sandbox.check()).toMatchObject({ orders: 2, pushed: 2, shipped: 2, failed: 0, problems: [] });
    for (const shipment of here.sandbox.acumatica.tables.shipments) {
      expect(shipment.FreightCost).toBeGreaterThan(0);
      expect([shipment.OverrideFreightPrice, shipment.UnlimitedPackages]).toEqual([false, false]);
    }
  },
);

test("an endpoint that lacks what is needed stops the connection before anything is written, and names it", async () => {
  const here = await worldOn({
    name: "Custom",
    version: "1.0.0",
    contract: 24,
    without: ["SalesOrderDetail.OpenQty", "ShipmentPackage.TrackingNbr"],
  });
  await travel(here);
  const connection = await here.app.store.get(connectionId);
  expect(connection).toMatchObject({ state: "stopped", stop: { code: "acumatica.endpoint-incomplete" } });
  expect(connection?.stop?.text).toContain("SalesOrder.Details.OpenQty");
  expect(here.sandbox.acumatica.counts.writes + here.sandbox.shipstation.tables.orders.size).toBe(0);
});

test.for(["json", "html", "empty"] as const)(
  "after an upgrade that drops the endpoint the connection stops and names the versions on offer (404 with %s)",
  async (missingEndpointBody) => {
    const old = { name: "Default", version: "20.200.001" };
    const here = await worldOn(old, [...defaultEndpoints]);
    await here.run("orders-out");
    const { options } = here.sandbox.acumatica;
    options.missingEndpointBody = missingEndpointBody;
    options.endpoints = defaultEndpoints.filter(({ version }) => version !== old.version);
    here.buyAllLabels();
    await here.settle(4);
    const stopped = await here.app.store.get(connectionId);
    expect(stopped).toMatchObject({ state: "stopped", stop: { code: "acumatica.endpoint-missing" } });
    expect(stopped?.stop?.text).toContain("Default 22.200.001, Default 23.200.001");
    expect(here.sandbox.acumatica.tables.shipments).toEqual([]);
  },
);
