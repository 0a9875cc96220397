import { afterEach, describe, expect, test } from "vitest";
import { createMovableClock } from "../../src/lib/clock.ts";
import type { AcumaticaSandboxOptions } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { createSandbox, sandboxFetch, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { withOAuth } from "../support/consent.ts";
import { callApi } from "../support/operator.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

const hour = 3_600_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Two companies on one site; the connection belongs to Brand. */
const twoTenants = { tenants: ["Brand", "Other"], dataTenant: "Brand" };

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld({
    orders: 4,
    ...options,
    sandbox: { acumatica: { ...twoTenants, ...options.sandbox?.acumatica } },
  });
  return world;
}

interface Shown {
  state: string;
  stop: { code: string; text: string } | null;
  company: { id: string; title: string; confirmedAt: string | null } | null;
}
const shown = async (here: World): Promise<Shown> =>
  (await callApi(here, "GET", "/connections")).body.connections[0] as Shown;
interface Seen {
  here: { id: string; title: string } | null;
  expected: { id: string } | null;
  isExpected: boolean;
}
const look = async (here: World): Promise<Seen> =>
  (await callApi(here, "POST", `/connections/${connectionId}/company`)).body as Seen;

const entityWrites = (sandbox: Sandbox): number =>
  sandbox.acumatica.journal.filter(({ path }) => /\/entity\/Default\//i.test(path)).length;
const signIns = (here: World): number =>
  here.sandbox.acumatica.journal.filter(({ path }) => path.toLowerCase().endsWith("/auth/login")).length;

describe("a sign-in that lands in another company than the confirmed one", () => {
  const swap = (change: Partial<AcumaticaSandboxOptions>) => (here: World) => {
    Object.assign(here.sandbox.acumatica.options, change);
  };
  const ways: [string, WorldOptions, (here: World) => void][] = [
    ["by a stale map of the tenants", {}, swap({ landsIn: { Brand: "Other" } })],
    ["on a site with one tenant, which takes any name", {}, swap({ tenants: ["Other"] })],
    ["where the names of two tenants were exchanged", {}, swap({ landsIn: { Brand: "Other", Other: "Brand" } })],
    [
      "where the tenant was replaced by the data of another",
      {},
      ({ sandbox }) => {
        const { stockItems, customers } = sandbox.acumatica.tables;
        for (const row of [...stockItems, ...customers]) row.id = row.id.replace(/^.{8}/, "0ddba11c");
      },
    ],
    [
      "with a token of a client ID whose tenant moved",
      { connection: withOAuth("oauth-password") },
      swap({ landsIn: { Brand: "Other" } }),
    ],
  ];

  test.for(ways)("%s stops the connection before any write", async ([, options, elsewhere]) => {
    const here = await started(options);
    await here.run("orders-out");
    here.buyAllLabels();
    const before = entityWrites(here.sandbox);
    elsewhere(here);
    here.sandbox.acumatica.revokeConsents();
    here.sandbox.acumatica.restart();
    here.clock.advance(hour);
    await here.run("shipments-back");
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.wrong-company" } });
    expect(entityWrites(here.sandbox)).toBe(before);
    for (const tenant of ["Brand", "Other"]) expect(here.sandbox.acumatica.tablesOf(tenant).shipments).toEqual([]);
    expect(here.sandbox.acumatica.sessionCount()).toBeLessThanOrEqual(1);
  });

  test("at another site that has the tenant's name stops the connection before any write", async () => {
    const other = createSandbox({ clock: createMovableClock(), seed: 99, orders: 4, webhooks: false });
    const fetchOther = sandboxFetch(other, {
      acumaticaOrigin: "http://127.0.0.1:4501",
      shipstationOrigin: "http://127.0.0.1:4502",
    });
    let isMoved = false;
    const here = await started({
      network: (fetch) => (request) =>
        isMoved && request.url.includes("/entity") ? fetchOther(request) : fetch(request),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    isMoved = true;
    here.clock.advance(hour);
    await here.run("shipments-back");
    expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.wrong-company" } });
    expect(entityWrites(other)).toBe(0);
    expect(other.acumatica.sessionCount()).toBe(0);
  });

  test("for want of a tenant's name cannot happen: there is no connection without one", async () => {
    const here = await started();
    const { status, body } = await callApi(here, "PATCH", `/connections/${connectionId}`, {
      acumatica: { tenant: "" },
    });
    expect([status, body]).toMatchObject([422, { error: { problems: [{ field: "acumatica.tenant" }] } }]);
  });

  test("with a name that no tenant has lands nowhere, and stops the connection too", async () => {
    const here = await started({ sandbox: { acumatica: { tenants: ["Company", "Other"] } } });
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.tenant" }, company: null });
  });
});

describe("the company of a connection", () => {
  test("is the first that was seen, until a person confirms it, and costs one read a sign-in", async () => {
    const reads: string[] = [];
    const here = await started({
      network: (fetch) => (request) => {
        const { pathname, search } = new URL(request.url);
        if (/StockItem/.test(pathname) && /select=InventoryID/i.test(search)) reads.push(pathname + search);
        return fetch(request);
      },
    });
    await here.run("orders-out");
    expect(reads).toHaveLength(1);
    const { company } = await shown(here);
    expect(company).toMatchObject({ confirmedAt: null, title: expect.stringMatching(/^stock item .+ id /) as string });
    here.clock.advance(hour);
    await here.run("orders-out");
    expect(reads).toHaveLength(2);
    expect(reads[1]).toContain(company!.id);

    const seen = await look(here);
    expect(seen).toMatchObject({ isExpected: true, here: { id: company!.id } });
    const confirmed = await callApi(here, "POST", `/connections/${connectionId}/company/confirm`, {
      company: seen.here!.id,
    });
    expect(confirmed).toMatchObject({
      status: 200,
      body: { isExpected: true, expected: { confirmedAt: expect.any(String) as string } },
    });
    const trail = await here.app.db
      .selectFrom("audit")
      .select(["event", "actor"])
      .where("event", "like", "company.%")
      .execute();
    expect(trail).toEqual([
      { event: "company.seen", actor: "sign-in" },
      { event: "company.confirmed", actor: "operator" },
    ]);
  });

  test("becomes another one only by a person's word about the very one that is there", async () => {
    const here = await started();
    await here.run("orders-out");
    Object.assign(here.sandbox.acumatica.options, { landsIn: { Brand: "Other" } });
    here.sandbox.acumatica.restart();
    await here.run("orders-out");
    expect((await shown(here)).state).toBe("stopped");
    const seen = await look(here);
    expect(seen.isExpected).toBe(false);
    const confirm = (company: string) =>
      callApi(here, "POST", `/connections/${connectionId}/company/confirm`, { company });
    expect((await confirm(seen.expected!.id)).status).toBe(422);
    expect((await confirm(seen.here!.id)).status).toBe(200);
    await here.app.store.resume(connectionId, "test");
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "active", company: { id: seen.here!.id } });
  });

  test("is a stage of the fit report: to be confirmed, confirmed, or another one with what to do", async () => {
    const here = await started();
    const stages = async (): Promise<Record<string, { verdict: string; text: string; cure: string | null }>> => {
      here.clock.advance(hour);
      const { body } = await callApi(here, "POST", `/connections/${connectionId}/ping`);
      const all = body.stages as { id: string; verdict: string; text: string; cure: string | null }[];
      return Object.fromEntries(all.map((stage) => [stage.id, stage]));
    };
    expect((await stages())["acumatica-company"]).toMatchObject({
      verdict: "warning",
      cure: expect.stringContaining("confirm-company") as string,
    });
    await callApi(here, "POST", `/connections/${connectionId}/company/confirm`, {
      company: (await shown(here)).company!.id,
    });
    expect((await stages())["acumatica-company"]).toMatchObject({ verdict: "ok", cure: null });
    Object.assign(here.sandbox.acumatica.options, { landsIn: { Brand: "Other" } });
    expect(await stages()).toMatchObject({
      "acumatica-sign-in": { verdict: "ok" },
      "acumatica-company": { verdict: "failed", text: expect.stringContaining("not the company") as string },
      "acumatica-endpoint": { verdict: "skipped" },
    });
  });

  test("that keeps no records yet is not recognised by anything, and nothing is stopped", async () => {
    const here = await started({
      orders: 0,
      sandbox: { acumatica: { emptyTenants: ["Other"], landsIn: { Brand: "Other" } } },
    });
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "active", company: null });
  });

  test("is recognised by a customer where the user may not see the stock items", async () => {
    const here = await started({
      sandbox: { acumatica: { users: [{ name: "connector", password: "sandbox-only", rights: ["IN202500"] }] } },
    });
    expect((await look(here)).here?.title).toMatch(/^customer /);
  });
});

describe("credentials that Acumatica refuses", () => {
  const refusing: [string, Partial<AcumaticaSandboxOptions>][] = [
    ["a wrong password", { users: [{ name: "connector", password: "another one" }] }],
    [
      "a password that must be changed",
      { users: [{ name: "connector", password: "sandbox-only", mustChangePassword: true }] },
    ],
    [
      "a password that must be changed, told as a wrong one",
      {
        users: [{ name: "connector", password: "sandbox-only", mustChangePassword: true }],
        changePasswordText: "invalid",
      },
    ],
    ["a locked user", { users: [{ name: "connector", password: "sandbox-only", isLocked: true }] }],
  ];

  test.for(refusing)("%s: sent three times in all, whoever resumes, pings or restarts", async ([, acumatica]) => {
    const here = await started({ sandbox: { acumatica } });
    for (let round = 0; round < 4; round += 1) {
      await here.run("orders-out");
      expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.credentials" } });
      await here.app.store.resume(connectionId, "test");
      await here.run("shipments-back");
      await callApi(here, "POST", `/connections/${connectionId}/ping`);
      await here.restart();
    }
    expect(signIns(here)).toBe(3);
  });

  test("are sent again once they were replaced, or a person says so", async () => {
    const here = await started({
      sandbox: { acumatica: { users: [{ name: "connector", password: "another one" }], lockAfter: 9 } },
    });
    const tryOften = async (): Promise<void> => {
      for (let round = 0; round < 5; round += 1) {
        await here.app.store.resume(connectionId, "test");
        await here.run("orders-out");
      }
    };
    await tryOften();
    expect(signIns(here)).toBe(3);
    await callApi(here, "POST", `/connections/${connectionId}/allow-sign-in`);
    await tryOften();
    expect(signIns(here)).toBe(6);
    await callApi(here, "PATCH", `/connections/${connectionId}`, { acumatica: { password: "another one" } });
    await here.app.store.resume(connectionId, "test");
    await here.run("orders-out");
    expect(signIns(here)).toBe(7);
    expect(await shown(here)).toMatchObject({ state: "active" });
  });

  test("a second factor is not asked for over the API", async () => {
    const here = await started({
      sandbox: { acumatica: { users: [{ name: "connector", password: "sandbox-only", twoFactor: true }] } },
    });
    await here.run("orders-out");
    expect(here.sandbox.check()).toMatchObject({ pushed: 4, failed: 0 });
  });
});

test("when the answer that tells the company is cut off, no record is to blame", async () => {
  const here = await started();
  await here.run("orders-out");
  here.buyAllLabels();
  here.clock.advance(11 * 60_000);
  here.sandbox.faults.set([{ system: "acumatica", kind: "truncated", match: { method: "GET" }, times: 1 }]);
  await here.run("shipments-back");
  expect(here.sandbox.faults.list()[0]?.fired).toBe(1);
  expect((await here.records("label")).filter(({ state }) => state === "Aborted")).toEqual([]);
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ shipped: 4, failed: 0 });
});
