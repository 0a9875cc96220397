import { describe, expect, test, vi } from "vitest";
import {
  createClientOf,
  createFakeAcumatica,
  empty,
  exception,
  json,
  noEntity,
  webPage,
} from "../../test/support/fake-acumatica.ts";
import { ConnectorError } from "../lib/errors.ts";

const order = (nbr: string) => ({ id: `id-${nbr}`, OrderType: { value: "SO" }, OrderNbr: { value: nbr }, Details: [] });
const saved = { id: "s", ShipmentNbr: { value: "000068" }, Status: { value: "Open" }, Details: [], Packages: [] };
const input = {
  CustomerID: "C1",
  WarehouseID: "MAIN",
  ShipmentDate: "2024-11-01",
  Description: "[SS 77]",
  Details: [{ OrderType: "SO", OrderNbr: "1", OrderLineNbr: 1, ShippedQty: 1 }],
  Packages: [{ TrackingNbr: "1Z9", CustomRefNbr1: "SS77" }],
};

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof ConnectorError) return thrown;
  throw new Error(`expected a ConnectorError, got ${String(thrown)}`);
}

describe("the session", () => {
  test("is opened when first needed, reused, and closed once", async () => {
    const fake = createFakeAcumatica(() => json(order("1")));
    const { client } = createClientOf(fake);
    await client.getSalesOrder("SO", "1");
    await client.getSalesOrder("SO", "1");
    await client.close();
    await client.close();
    expect(fake.calls()).toEqual(["login", "GET SalesOrder/SO/1", "GET SalesOrder/SO/1", "logout"]);
    expect(fake.hasSession()).toBe(false);
  });

  test("signs in with tenant, branch and a fixed locale, and signs out with an explicit length of 0", async () => {
    const fake = createFakeAcumatica(() => empty(404));
    const address = {
      instanceUrl: "https://erp.example",
      tenant: "Main",
      branch: "PRODWHOLE",
      endpointName: "Default",
      endpointVersion: "24.200.001",
    };
    const { client } = createClientOf(fake, { address });
    await client.signIn();
    await client.close();
    expect(JSON.parse(fake.seen[0]!.body)).toEqual({
      name: "api",
      password: "s3cret!",
      tenant: "Main",
      branch: "PRODWHOLE",
      locale: "en-US",
    });
    expect(fake.seen[1]!.headers.get("content-length")).toBe("0");
  });

  test("has one request in flight, whatever is asked at once", async () => {
    const fake = createFakeAcumatica(async () => {
      await Promise.resolve();
      return json(order("1"));
    });
    const { client } = createClientOf(fake);
    await Promise.all([1, 2, 3, 4].map(() => client.getSalesOrder("SO", "1")));
    expect(fake.mostInFlight()).toBe(1);
    expect(fake.calls().filter((call) => call === "login")).toHaveLength(1);
  });

  test("closing waits for the call that is running, and the session is closed after it", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const fake = createFakeAcumatica(async () => {
      await held;
      return json([order("1")]);
    });
    const { client } = createClientOf(fake);
    const listing = client.listSalesOrders({ fromMs: 0, toMs: 3_600_000 });
    const closing = client.close();
    release();
    await Promise.all([listing, closing]);
    expect(fake.calls().at(-1)).toBe("logout");
    expect(fake.hasSession()).toBe(false);
  });

  test("closing waits for a story of many calls, so that none of them opens a session after it", async () => {
    const fake = createFakeAcumatica(({ path, query }) => {
      if (!path.endsWith("/SalesOrder")) return json(order(path.split("/").at(-1)!));
      return query.has("$expand") ? exception("CannotOptimizeException", "x") : json([order("1"), order("2")]);
    });
    const { client } = createClientOf(fake);
    const listing = client.listSalesOrders({ fromMs: 0, toMs: 3_600_000 });
    await client.close();
    expect(await listing).toHaveLength(2);
    expect(fake.hasSession()).toBe(false);
    expect(fake.calls().filter((call) => call === "login")).toHaveLength(1);
  });

  test("a read meets a lost session by signing in once more", async () => {
    const fake = createFakeAcumatica(() => json(order("1")));
    const { client } = createClientOf(fake);
    await client.signIn();
    fake.loseSession();
    expect((await client.getSalesOrder("SO", "1"))?.OrderNbr).toBe("1");
    expect(fake.calls()).toEqual(["login", "GET SalesOrder/SO/1", "login", "GET SalesOrder/SO/1"]);
  });

  test.for([
    { name: "a web page", once: () => webPage("Sign In") },
    { name: "a redirect", once: () => empty(302, { location: "/23R2/Frames/Login.aspx" }) },
  ])("a read met by $name gives the session back and tries once in a new one", async ({ once }) => {
    let first = true;
    const fake = createFakeAcumatica(() => {
      if (!first) return json(order("1"));
      first = false;
      return once();
    });
    const { client } = createClientOf(fake);
    expect((await client.getSalesOrder("SO", "1"))?.OrderNbr).toBe("1");
    expect(fake.calls()).toEqual(["login", "GET SalesOrder/SO/1", "logout", "login", "GET SalesOrder/SO/1"]);
  });

  test.for([
    { name: "a web page", always: () => webPage("Sign In"), code: "acumatica.unreadable" },
    { name: "a redirect", always: () => empty(302, { location: "/x" }), code: "acumatica.session-lost" },
    { name: "a 401", always: () => empty(401), code: "acumatica.session-lost" },
  ])("a read that keeps meeting $name fails after one repetition", async ({ always, code }) => {
    const fake = createFakeAcumatica(always);
    const { client } = createClientOf(fake);
    expect((await failureOf(client.getSalesOrder("SO", "1"))).code).toBe(code);
    expect(fake.calls().filter((call) => call.startsWith("GET"))).toHaveLength(2);
  });

  test("one that is nearly as old as the ERP allows is replaced before a write", async () => {
    const fake = createFakeAcumatica(() => json(saved));
    const { client, clock } = createClientOf(fake);
    await client.signIn();
    clock.advance(9 * 60_000);
    fake.loseSession();
    await client.createShipment(input);
    expect(fake.calls()).toEqual(["login", "logout", "login", "PUT Shipment"]);
  });

  test("is given back when idle, and only then", async () => {
    const fake = createFakeAcumatica(() => json(order("1")));
    const { client, clock } = createClientOf(fake);
    await client.closeIfIdle();
    await client.getSalesOrder("SO", "1");
    clock.advance(299_000);
    await client.closeIfIdle();
    expect(fake.hasSession()).toBe(true);
    clock.advance(1_000);
    await client.closeIfIdle();
    expect(fake.hasSession()).toBe(false);
  });

  test("closing never throws", async () => {
    const fake = createFakeAcumatica(() => empty(404));
    const { client } = createClientOf({
      fetch: (request) => {
        if (request.url.endsWith("logout")) throw new TypeError("fetch failed");
        return fake.fetch(request);
      },
    });
    await client.signIn();
    await expect(client.close()).resolves.toBeUndefined();
  });
});

describe("signing in", () => {
  const wrong = () => exception("PX.Data.PXException", "Error: Invalid credentials. Please try again.");

  test("refused credentials are tried once and never again by this client", async () => {
    const refused = vi.fn();
    const fake = createFakeAcumatica(() => json(order("1")), wrong);
    const { client } = createClientOf(fake, { onCredentialsRefused: refused });
    expect((await failureOf(client.getSalesOrder("SO", "1"))).code).toBe("acumatica.credentials");
    const again = await Promise.all(
      [client.signIn(), client.createShipment(input), client.checkRights()].map(failureOf),
    );
    expect(again.map(({ code }) => code)).toEqual(Array(3).fill("acumatica.credentials"));
    expect(again[0]!.message).toContain("Nothing was sent");
    expect(fake.calls()).toEqual(["login"]);
    expect(refused).toHaveBeenCalledTimes(1);
  });

  test("a full licence asks for a minute and is tried again by the next call", async () => {
    let full = true;
    const fake = createFakeAcumatica(
      () => json(order("1")),
      () => (full ? exception("PX.Data.PXException", "API Login Limit") : empty(204)),
    );
    const { client } = createClientOf(fake);
    const error = await failureOf(client.createShipment(input));
    expect(error).toMatchObject({ code: "acumatica.session-limit", retryAfterMs: 60_000, mayHaveApplied: false });
    full = false;
    await client.signIn();
    expect(fake.hasSession()).toBe(true);
  });

  test("a missing tenant is refused before anything is sent", async () => {
    const fake = createFakeAcumatica(() => empty(404));
    const address = {
      instanceUrl: "https://e.example",
      tenant: " ",
      endpointName: "Default",
      endpointVersion: "24.200.001",
    };
    const { client } = createClientOf(fake, { address });
    expect((await failureOf(client.signIn())).code).toBe("acumatica.tenant");
    expect(fake.calls()).toEqual([]);
  });

  test("a sign-in that takes over a minute fails, and leaves no doubt about the write behind it", async () => {
    const { client, clock } = createClientOf({ fetch: () => new Promise(() => undefined) });
    const failing = failureOf(client.createShipment(input));
    await vi.waitFor(() => {
      clock.advance(60_000);
      return Promise.race([failing, Promise.reject(new Error("not yet"))]);
    });
    expect(await failing).toMatchObject({ code: "network.timeout", mayHaveApplied: false });
  });

  test("a redirected sign-in means a wrong address", async () => {
    const fake = createFakeAcumatica(
      () => empty(404),
      () => empty(301, { location: "https://other.example/" }),
    );
    expect((await failureOf(createClientOf(fake).client.signIn())).code).toBe("network.redirected");
  });

  test("a success without cookies or as a web page opens no session", async () => {
    const bare = createClientOf({ fetch: () => Promise.resolve(empty(204)) });
    expect((await failureOf(bare.client.signIn())).code).toBe("acumatica.unreadable");
    const page = createClientOf({ fetch: () => Promise.resolve(webPage("Error: API Login Limit")) });
    expect((await failureOf(page.client.signIn())).code).toBe("acumatica.session-limit");
  });

  test("no observer ever sees the credentials, and every exchange is told", async () => {
    const fake = createFakeAcumatica(() => noEntity());
    const { client, exchanges } = createClientOf(fake);
    await client.getSalesOrder("SO", "1");
    expect(JSON.stringify(exchanges)).not.toContain("s3cret!");
    expect(exchanges.map(({ method, status }) => `${method} ${status ?? "-"}`)).toEqual(["POST 204", "GET 500"]);
    expect(exchanges[0]!.requestBody).toBe("(not kept: sign-in)");
    expect(exchanges[1]!.responseBody).toContain("No entity satisfies");
  });
});

describe("reading", () => {
  test("a record that is not there is undefined, and a missing endpoint is not", async () => {
    expect(await createClientOf(createFakeAcumatica(noEntity)).client.getSalesOrder("SO", "404")).toBeUndefined();
    const error = await failureOf(createClientOf(createFakeAcumatica(() => empty(404))).client.getShipment("1"));
    expect(error.code).toBe("acumatica.endpoint-missing");
  });

  test("a key with a slash is looked up by filter and read by id", async () => {
    const fake = createFakeAcumatica(({ path }) =>
      json(path.endsWith("/SalesOrder") ? [order("O'1/2")] : order("O'1/2")),
    );
    const found = await createClientOf(fake).client.getSalesOrder("SO", "O'1/2");
    expect(found?.OrderNbr).toBe("O'1/2");
    expect(fake.calls()).toEqual(["login", "GET SalesOrder", "GET SalesOrder/id-O'1/2"]);
    expect(fake.seen[1]!.query.get("$filter")).toBe("OrderType eq 'SO' and OrderNbr eq 'O''1/2'");
  });

  test.for([
    {
      name: "cut off",
      answer: () => new Response('{"id":"1","Order', { headers: { "content-type": "application/json" } }),
    },
    { name: "empty", answer: () => empty(200) },
    { name: "of another shape", answer: () => json({ results: [] }) },
  ])("an answer that is $name is a fault, not an empty list", async ({ answer }) => {
    const { client } = createClientOf(createFakeAcumatica(answer));
    expect((await failureOf(client.listCustomers({ fromMs: 0, toMs: 1 }))).code).toBe("acumatica.unreadable");
  });

  test("a record without its key is a fault", async () => {
    const { client } = createClientOf(createFakeAcumatica(() => json({})));
    expect((await failureOf(client.getShipment("1"))).code).toBe("acumatica.unreadable");
  });

  test("the rights are asked entity by entity, and each error stays with its entity", async () => {
    const fake = createFakeAcumatica(({ path }) => {
      if (path.endsWith("/ShipVia")) return json({ message: "You have insufficient rights." }, 403);
      if (path.endsWith("/SalesOrder"))
        return exception("X.CannotOptimizeException", "Optimization cannot be performed.");
      return json([]);
    });
    const rights = await createClientOf(fake).client.checkRights();
    expect(rights.map(({ entity, error }) => [entity, error?.code])).toEqual([
      ["SalesOrder", undefined],
      ["Shipment", undefined],
      ["StockItem", undefined],
      ["Customer", undefined],
      ["ShipVia", "acumatica.rights"],
      ["ShippingBox", undefined],
    ]);
    expect(fake.seen.slice(1).every(({ query }) => query.get("$top") === "1")).toBe(true);
  });

  test.for([
    {
      name: "newer",
      body: {
        version: { acumaticaBuildVersion: "25.093.0036" },
        endpoints: [{ name: "Default", version: "24.200.001", href: "x" }],
      },
      build: "25.093.0036",
    },
    { name: "older", body: [{ name: "Default", version: "24.200.001", href: "x" }], build: undefined },
  ])("a $name build's endpoints are listed without signing in", async ({ body, build }) => {
    const fake = createFakeAcumatica(() => json(body));
    expect(await createClientOf(fake).client.listEndpoints()).toEqual({
      build,
      endpoints: [{ name: "Default", version: "24.200.001" }],
    });
    expect(fake.calls()).toEqual(["GET "]);
  });
});

describe("writing", () => {
  test("a shipment is created in one call with details and packages in the answer", async () => {
    const fake = createFakeAcumatica(() => json(saved));
    const { client } = createClientOf(fake);
    expect((await client.createShipment(input)).ShipmentNbr).toBe("000068");
    expect(fake.seen[1]!.query.get("$expand")).toBe("Details,Packages");
    expect(JSON.parse(fake.seen[1]!.body).Hold).toEqual({ value: false });
    expect(fake.seen[1]!.headers.get("if-match")).toBeNull();
  });

  test("an update never makes a new shipment", async () => {
    const fake = createFakeAcumatica(({ headers }) => (headers.get("if-match") === "*" ? empty(412) : json(saved)));
    const error = await failureOf(createClientOf(fake).client.updateShipment("999", { Hold: false }));
    expect(error).toMatchObject({ code: "acumatica.rejected", mayHaveApplied: false });
  });

  test.for([
    { name: "a lost session", answer: () => empty(401), code: "acumatica.session-lost", doubt: false },
    { name: "a redirect", answer: () => empty(302, { location: "/x" }), code: "acumatica.session-lost", doubt: true },
    { name: "a web page", answer: () => webPage("Error"), code: "acumatica.unreadable", doubt: true },
    { name: "a gateway's failure", answer: () => empty(504), code: "acumatica.server-error", doubt: true },
    { name: "a cut answer", answer: () => new Response('{"id"'), code: "acumatica.unreadable", doubt: true },
    {
      name: "an answer without a number",
      answer: () => json({ ShipmentNbr: { value: "<NEW>" } }),
      code: "acumatica.unreadable",
      doubt: true,
    },
    {
      name: "a broken rule",
      answer: () => exception("PX.Data.PXException", "No."),
      code: "acumatica.business-rule",
      doubt: false,
    },
  ])("a write met by $name is sent once and is $code", async ({ answer, code, doubt }) => {
    const fake = createFakeAcumatica(answer);
    const error = await failureOf(createClientOf(fake).client.createShipment(input));
    expect([error.code, error.mayHaveApplied]).toEqual([code, doubt]);
    expect(fake.calls().filter((call) => call.startsWith("PUT"))).toHaveLength(1);
  });

  test("after a lost session the next write signs in again", async () => {
    const fake = createFakeAcumatica(() => json(saved));
    const { client } = createClientOf(fake);
    await client.signIn();
    fake.loseSession();
    expect((await failureOf(client.createShipment(input))).code).toBe("acumatica.session-lost");
    expect((await client.createShipment(input)).ShipmentNbr).toBe("000068");
  });

  test("a write may take eleven minutes, and not longer", async () => {
    const fake = createFakeAcumatica(() => new Promise(() => undefined));
    const { client, clock } = createClientOf(fake);
    const failing = failureOf(client.createShipment(input));
    await vi.waitFor(() => expect(fake.calls()).toContain("PUT Shipment"));
    clock.advance(659_999);
    await expect(Promise.race([failing, Promise.resolve("pending")])).resolves.toBe("pending");
    clock.advance(1);
    expect(await failing).toMatchObject({ code: "network.timeout", mayHaveApplied: true });
  });

  test("a read may take five minutes, and leaves no doubt", async () => {
    const fake = createFakeAcumatica(() => new Promise(() => undefined));
    const { client, clock } = createClientOf(fake);
    const failing = failureOf(client.getShipment("1"));
    await vi.waitFor(() => expect(fake.calls()).toContain("GET Shipment/1"));
    clock.advance(300_000);
    expect(await failing).toMatchObject({ code: "network.timeout", mayHaveApplied: false });
  });
});
