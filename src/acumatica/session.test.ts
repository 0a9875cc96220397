import { describe, expect, test } from "vitest";
import {
  createClientOf,
  createFakeAcumatica,
  empty,
  json,
  noEntity,
  webPage,
} from "../../test/support/fake-acumatica.ts";
import { ConnectorError } from "../lib/errors.ts";
import { createStillClock } from "../../test/support/still-clock.ts";
import { ownSession } from "./shared-session.ts";
import type { CompanyCheck, Landmark } from "./company.ts";
import type { TokenSource } from "./token-session.ts";

const item = { id: "0a1b", InventoryID: { value: "AACOMPUT01 " }, Description: { value: "Computer" } };
const shipment = { id: "s1", ShipmentNbr: { value: "000001" } };
const landmark: Landmark = { entity: "StockItem", key: "AACOMPUT01", name: "Computer", id: "0a1b" };

describe("a session by cookies", () => {
  test("one that has been used for an hour is replaced, too, because it keeps the set-up it was opened with", async () => {
    const fake = createFakeAcumatica(() => json(shipment));
    const { client, clock } = createClientOf(fake);
    for (let minute = 0; minute <= 60; minute += 5) {
      await client.getShipment("000001");
      clock.advance(5 * 60_000);
    }
    const signs = fake.calls().filter((call) => call.startsWith("log"));
    expect(signs).toEqual(["login", "logout", "login"]);
  });

  test("one whose sign-in could not be counted, because the database was away, is closed at once", async () => {
    const fake = createFakeAcumatica(() => json(shipment));
    const nothing = (): Promise<void> => Promise.resolve();
    const tries = { take: nothing, accepted: () => Promise.reject(new Error("away")), refused: nothing };
    const { client } = createClientOf(fake, { tries: { ...tries, undecided: nothing } });
    await expect(client.getShipment("000001")).rejects.toThrow("away");
    expect(fake.calls()).toEqual(["login", "logout"]);
  });

  test("one of another process that answers a web page is signed out of before the next is opened", async () => {
    const pages: Response[] = [];
    const fake = createFakeAcumatica(
      ({ path }) => pages.pop() ?? json(path.endsWith("/StockItem") ? [item] : shipment),
    );
    const company: CompanyCheck = async ({ choose }) => {
      await choose();
    };
    const shared = ownSession(createStillClock());
    await createClientOf(fake, { company, shared }).client.getShipment("000001");
    pages.push(webPage("Proxy"));
    await createClientOf(fake, { company, shared }).client.getShipment("000001");
    expect(fake.calls().filter((call) => call.startsWith("log"))).toEqual(["login", "logout", "login"]);
  });

  test("one whose sign-out a web page answers is signed out of once more, and no oftener", async () => {
    const fake = createFakeAcumatica(() => json(shipment));
    let signOuts = 0;
    const fetch = (request: Request): Promise<Response> => {
      if (!request.url.endsWith("/auth/logout")) return fake.fetch(request);
      signOuts += 1;
      return Promise.resolve(webPage("Proxy"));
    };
    const { client } = createClientOf({ fetch });
    await client.getShipment("000001");
    await client.close();
    expect(signOuts).toBe(2);
  });

  test("that another process has replaced is not shown to the site any more, not even for its time", async () => {
    const fake = createFakeAcumatica(({ path }) => (path.endsWith("/entity") ? json([]) : json(shipment)));
    const shared = ownSession(createStillClock());
    const [one, other] = [createClientOf(fake, { shared }).client, createClientOf(fake, { shared }).client];
    await one.getShipment("000001");
    await shared.forget();
    await other.serverTimeMs();
    await one.serverTimeMs();
    await other.getShipment("000001");
    await one.serverTimeMs();
    const shown = fake.seen.filter(({ path }) => path.endsWith("/entity")).map(({ headers }) => headers.get("cookie"));
    expect(shown).toEqual([null, null, expect.stringContaining("ASP.NET_SessionId")]);
  });

  test("the branch goes with the sign-in and with each call", async () => {
    const fake = createFakeAcumatica(() => json(shipment));
    const address = { instanceUrl: "https://erp.example/23R2", tenant: "Main", branch: "HQ" };
    const { client } = createClientOf(fake, {
      address: { ...address, endpointName: "Default", endpointVersion: "24.200.001" },
    });
    await client.getShipment("000001");
    const [signIn, ...calls] = fake.seen;
    expect(JSON.parse(signIn!.body)).toMatchObject({ branch: "HQ" });
    expect(calls.map(({ headers }) => headers.get("px-cbapibranch"))).not.toContain(null);
  });
});

test("what another system answered before a write left says nothing of the session", async () => {
  const fake = createFakeAcumatica(() => json(shipment));
  const { client } = createClientOf(fake);
  await client.getShipment("000001");
  const before = fake.calls().length;
  const theirs = new ConnectorError("network.redirected", { status: 302 });
  await expect(client.confirmShipment("000001", () => Promise.reject(theirs))).rejects.toBe(theirs);
  await client.getShipment("000001");
  expect(fake.calls().slice(before)).toEqual(["GET Shipment/000001"]);
});

describe("the company, after each sign-in", () => {
  const answering = () =>
    createFakeAcumatica(({ path }) => {
      if (path.endsWith("/StockItem/0a1b")) return json(item);
      if (path.includes("/StockItem/")) return noEntity();
      return path.endsWith("/StockItem") ? json([item]) : json(shipment);
    });

  test("is asked about first, in one call, and a record of it can be chosen", async () => {
    const fake = answering();
    const seen: unknown[] = [];
    const company: CompanyCheck = async ({ choose }) => void seen.push(await choose());
    const { client } = createClientOf(fake, { company });
    await client.getShipment("000001");
    await client.getShipment("000001");
    expect(seen).toEqual([landmark]);
    expect(fake.calls().filter((call) => call.startsWith("GET S"))).toEqual([
      "GET StockItem",
      "GET Shipment/000001",
      "GET Shipment/000001",
    ]);
  });

  test("has the record of life-long id, or has it not", async () => {
    const seen: boolean[] = [];
    const company: CompanyCheck = async ({ has }) => {
      seen.push(await has(landmark), await has({ ...landmark, id: "ffff" }));
    };
    await createClientOf(answering(), { company }).client.signIn();
    expect(seen).toEqual([true, false]);
  });

  test("that is refused gives the session back, and nothing is written", async () => {
    const fake = answering();
    const company: CompanyCheck = () => Promise.reject(new ConnectorError("acumatica.wrong-company"));
    const { client } = createClientOf(fake, { company });
    const writing = client.updateShipment("000001", { Packages: [] });
    await expect(writing).rejects.toMatchObject({ code: "acumatica.wrong-company", mayHaveApplied: false });
    expect(fake.hasSession()).toBe(false);
    expect(fake.calls().filter((call) => call.startsWith("PUT"))).toEqual([]);
  });

  test("is looked for among the customers where the stock items may not be read", async () => {
    const customer = { id: "c1", CustomerID: { value: "ABC" }, CustomerName: { value: "ABC Studios" } };
    const fake = createFakeAcumatica(({ path }) => (path.endsWith("/Customer") ? json([customer]) : empty(403)));
    let chosen: Landmark | undefined;
    await createClientOf(fake, { company: async ({ choose }) => void (chosen = await choose()) }).client.signIn();
    expect(chosen).toEqual({ entity: "Customer", key: "ABC", name: "ABC Studios", id: "c1" });
  });
});

describe("a session by access token", () => {
  /** Takes only the tokens in `good`. */
  const taking = (good: Set<string>) => {
    const seen: { path: string; authorization: string | null }[] = [];
    return {
      seen,
      fetch: (request: Request): Promise<Response> => {
        const authorization = request.headers.get("authorization");
        seen.push({ path: new URL(request.url).pathname, authorization });
        const isGood = good.has(authorization?.replace("Bearer ", "") ?? "");
        return Promise.resolve(isGood ? json(shipment) : empty(401));
      },
    };
  };
  /** Gives the first token until it is refused, then the second. */
  const sourceOf = (first: string, second = first) => {
    const asked: (string | undefined)[] = [];
    const source: TokenSource = {
      access: (refused) => {
        asked.push(refused);
        return Promise.resolve({ token: refused === first ? second : first, goodUntil: Number.MAX_SAFE_INTEGER });
      },
    };
    return { source, asked };
  };

  test("needs no sign-in, sends its token with each call, and is not signed out of", async () => {
    const site = taking(new Set(["t1"]));
    const { source } = sourceOf("t1");
    const { client } = createClientOf(site, { tokens: source });
    await client.getShipment("000001");
    await client.close();
    expect(site.seen.map(({ authorization }) => authorization)).not.toContain(null);
    expect(site.seen.filter(({ path }) => path.includes("/auth/"))).toEqual([]);
  });

  test("asks for another token when one is refused, names it, and repeats a read once", async () => {
    const site = taking(new Set(["t2"]));
    const { source, asked } = sourceOf("t1", "t2");
    const { client } = createClientOf(site, { tokens: source });
    expect((await client.getShipment("000001"))?.ShipmentNbr).toBe("000001");
    expect(asked).toEqual([undefined, "t1"]);
  });

  test("that another consent has replaced is not shown to the site any more, not even for its time", async () => {
    const site = taking(new Set(["t1"]));
    const shared = ownSession(createStillClock());
    const { client } = createClientOf(site, { tokens: sourceOf("t1").source, shared });
    await client.getShipment("000001");
    await shared.forget();
    await client.serverTimeMs().catch(() => undefined);
    expect(site.seen.find(({ path }) => path.endsWith("/entity"))).toMatchObject({ authorization: null });
  });

  test("never repeats a write whose token was refused", async () => {
    const site = taking(new Set());
    const { source } = sourceOf("t1");
    const { client } = createClientOf(site, { tokens: source });
    await expect(client.updateShipment("000001", { Packages: [] })).rejects.toMatchObject({
      code: "acumatica.session-lost",
    });
    expect(site.seen.filter(({ path }) => path.endsWith("/Shipment"))).toHaveLength(1);
  });
});
