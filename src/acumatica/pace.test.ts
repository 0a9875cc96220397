import { expect, test } from "vitest";
import { createClientOf, createFakeAcumatica, json } from "../../test/support/fake-acumatica.ts";

const shipment = { id: "s1", ShipmentNbr: { value: "000001" } };

test("what finds no request in the budget waits for it, outside of its turn, and is sent then", async () => {
  const fake = createFakeAcumatica(() => json(shipment));
  const waits = [0, 2_500, 400, 0];
  const { client, clock } = createClientOf(fake, { budget: { take: () => Promise.resolve(waits.shift() ?? 0) } });
  await client.getShipment("000001");
  await client.getShipment("000001");
  expect(clock.slept).toEqual([1_000, 400]);
  expect(fake.calls().filter((call) => call.startsWith("GET"))).toHaveLength(2);
});

test("a client that ends waits for no budget: what was to be sent is told to come back", async () => {
  const fake = createFakeAcumatica(() => json(shipment));
  let closing: Promise<void> | undefined;
  const { client } = createClientOf(fake, {
    budget: {
      take: () => {
        closing ??= client.close();
        return Promise.resolve(30_000);
      },
    },
  });
  await expect(client.getShipment("000001")).rejects.toMatchObject({
    code: "acumatica.budget-spent",
    retryAfterMs: 30_000,
    mayHaveApplied: false,
  });
  await closing;
  expect(fake.calls()).toEqual([]);
});
