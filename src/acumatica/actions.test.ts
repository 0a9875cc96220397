import { describe, expect, test, vi } from "vitest";
import {
  createClientOf,
  createFakeAcumatica,
  empty,
  exception,
  json,
  webPage,
  type Handle,
} from "../../test/support/fake-acumatica.ts";
import type { ConnectorError } from "../lib/errors.ts";

const statusPath = "/23R2/entity/Default/24.200.001/Shipment/ConfirmShipment/status/7";
const started = (location = statusPath) => empty(202, { location });

/** Answers the start with 202 and the status with these, the last one for ever. */
function running(...answers: (() => Response)[]): Handle {
  let asked = 0;
  return ({ method }) => {
    if (method === "POST") return started();
    const answer = answers[Math.min(asked, answers.length - 1)]!;
    asked += 1;
    return answer();
  };
}

async function failure(handle: Handle): Promise<ConnectorError & { calls: string[] }> {
  const fake = createFakeAcumatica(handle);
  const error = (await createClientOf(fake)
    .client.confirmShipment("000068")
    .catch((thrown: unknown) => thrown)) as ConnectorError;
  return Object.assign(error, { calls: fake.calls() });
}

describe("confirming", () => {
  test("sends the key alone, and follows the operation to its end with growing pauses", async () => {
    const fake = createFakeAcumatica(running(...Array<() => Response>(7).fill(() => empty(202)), () => empty(204)));
    const { client, clock } = createClientOf(fake);
    await client.confirmShipment("000068");
    expect(JSON.parse(fake.seen[1]!.body)).toEqual({ entity: { ShipmentNbr: { value: "000068" } }, parameters: {} });
    expect(fake.seen[2]!.path).toBe(statusPath);
    expect(clock.slept).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]);
  });

  test("a short operation costs no waiting", async () => {
    const { client, clock } = createClientOf(createFakeAcumatica(running(() => empty(204))));
    await client.confirmShipment("000068");
    expect(clock.slept).toEqual([]);
  });

  test("a 204 at once has ended, even when it names a record", async () => {
    const fake = createFakeAcumatica(() => empty(204, { location: "/23R2/entity/Default/24.200.001/Shipment/id" }));
    await createClientOf(fake).client.confirmShipment("000068");
    expect(fake.calls()).toEqual(["login", "POST Shipment/ConfirmShipment"]);
  });

  test("an error at the Location is translated, and may have applied", async () => {
    const error = await failure(
      running(
        () => empty(202),
        () => exception("PX.Data.PXException", "Shipment is on hold."),
      ),
    );
    expect(error).toMatchObject({ code: "acumatica.business-rule", mayHaveApplied: true });
    expect(error.message).toContain("Shipment is on hold.");
  });

  test("an error at the start is a refusal", async () => {
    const error = await failure(() => exception("PX.Data.PXException", "Not allowed."));
    expect(error).toMatchObject({ code: "acumatica.business-rule", mayHaveApplied: false });
  });

  test.for<{ name: string; handle: Handle }>([
    { name: "a Location that is gone", handle: running(() => empty(404)) },
    { name: "a lost session", handle: running(() => empty(401)) },
    { name: "a redirect to the sign-in form", handle: running(() => empty(302, { location: "/Login" })) },
    { name: "a web page", handle: running(() => webPage("Sign In")) },
    { name: "a status of another kind", handle: running(() => json({ done: true })) },
    { name: "no Location at all", handle: () => empty(202) },
    { name: "a Location elsewhere", handle: () => started("https://elsewhere.example/status") },
  ])("$name leaves the operation unfinished and in doubt, without a second sign-in", async ({ handle }) => {
    const error = await failure(handle);
    expect(error).toMatchObject({ code: "acumatica.action-unfinished", mayHaveApplied: true });
    expect(error.calls.filter((call) => call === "login")).toHaveLength(1);
    expect(error.calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
  });

  test("an operation is watched for ten minutes", async () => {
    const fake = createFakeAcumatica(running(() => empty(202)));
    const { client, clock } = createClientOf(fake);
    const before = clock.now();
    await expect(client.confirmShipment("000068")).rejects.toMatchObject({
      code: "acumatica.action-unfinished",
      mayHaveApplied: true,
    });
    expect(clock.now() - before).toBeGreaterThanOrEqual(600_000);
    expect(clock.now() - before).toBeLessThan(616_000);
  });

  test("nothing else is asked in the session while the operation runs, signing out included", async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const fake = createFakeAcumatica(async ({ method, path }) => {
      if (method === "POST") return started();
      if (!path.includes("status")) return json({ id: "s", ShipmentNbr: { value: "000068" } });
      await ended;
      return empty(204);
    });
    const { client } = createClientOf(fake);
    const confirming = client.confirmShipment("000068");
    const reading = client.getShipment("000068");
    const closing = client.close();
    await vi.waitFor(() => expect(fake.calls()).toHaveLength(3));
    end();
    await Promise.all([confirming, reading, closing]);
    expect(fake.calls().slice(3)).toEqual(["GET Shipment/000068", "logout"]);
  });
});
