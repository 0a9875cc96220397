import { afterEach, describe, expect, test } from "vitest";
import { sql } from "kysely";
import type { App } from "../../src/app.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { withOAuth } from "../support/consent.ts";
import { connectionId, createProcesses, type Processes } from "../support/processes-of-one.ts";
import { operatorHeaders } from "../support/operator.ts";
import { readWholeDatabase } from "../support/whole-database.ts";

let here: Processes | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
});
async function started(options: Parameters<typeof createProcesses>[0] = {}): Promise<Processes> {
  here = await createProcesses({ orders: 3, ...options });
  return here;
}

const signIns = ({ sandbox }: Processes): number => sandbox.acumatica.counts.signIns;
const sessions = ({ sandbox }: Processes): number => sandbox.acumatica.sessionCount();
const ask = (app: App, method: string, path: string): Promise<Response> =>
  Promise.resolve(
    app.web.request(`/api/v1/connections/${connectionId}${path}`, { method, headers: operatorHeaders({ app }) }),
  );

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("one Acumatica session for all processes of a connection", () => {
  test("two that work at once share it, and ask one after another", async () => {
    const at = await started();
    const [one, two] = [await at.start(), await at.start()];
    await Promise.all([at.run(one, "orders-out"), at.run(two, "shipments-back"), at.run(two, "catalog-out")]);
    await Promise.all([at.run(two, "orders-out"), at.run(one, "shipments-back")]);
    expect(at.sandbox.check()).toMatchObject({ orders: 3, pushed: 3 });
    expect(signIns(at)).toBe(1);
    expect(at.most).toEqual({ sessions: 1, inFlight: 1 });
  });

  test("one that is killed leaves its session to the next, which goes on in it", async () => {
    const at = await started();
    await at.run(await at.start(), "orders-out");
    await at.passLease();
    const next = await at.start();
    await at.run(next, "shipments-back");
    await at.run(next, "orders-out");
    expect(signIns(at)).toBe(1);
    expect(at.most.sessions).toBe(1);
  });

  test("one that was lost is signed in to again by whoever notices, once for all", async () => {
    const at = await started();
    const [one, two] = [await at.start(), await at.start()];
    await at.run(one, "orders-out");
    await at.run(two, "orders-out");
    at.sandbox.acumatica.restart();
    await Promise.all([at.run(two, "orders-out"), at.run(one, "catalog-out")]);
    expect(signIns(at)).toBe(2);
    expect(sessions(at)).toBe(1);
  });

  test("the last process that stops signs out, and no other", async () => {
    const at = await started();
    const [one, two] = [await at.start(), await at.start()];
    await at.run(one, "orders-out");
    await at.run(two, "orders-out");
    await one.stop();
    expect(sessions(at)).toBe(1);
    await two.stop();
    expect(sessions(at)).toBe(0);
    expect(signIns(at)).toBe(1);
  });

  test("a fit check or a look at the company uses it, and leaves it open for the flow that is at work", async () => {
    const at = await started();
    const [web, worker] = [await at.start(), await at.start()];
    await at.run(worker, "orders-out");
    const fit = await ask(web, "POST", "/ping");
    expect(fit.status).toBe(200);
    await fit.text();
    expect((await ask(web, "POST", "/company")).status).toBe(200);
    await at.run(worker, "shipments-back");
    expect(signIns(at)).toBe(1);
    expect(at.most.sessions).toBe(1);
  });

  test("one that a killed process has left and nobody uses is closed by whoever finds it", async () => {
    const at = await started();
    await at.run(await at.start(), "orders-out");
    const next = await at.start();
    await next.start();
    await until(
      async () => (await sql`select 1 from erp_sessions where held_until is null`.execute(at.db)).rows.length > 0,
    );
    await at.ageSession(400);
    const kept = async (): Promise<number> =>
      (await sql`select 1 from secrets where field = 'acumatica.session'`.execute(at.db)).rows.length;
    expect(await kept()).toBe(1);
    at.clock.advance(61_000);
    await until(async () => (await kept()) === 0);
    expect(sessions(at)).toBe(0);
  });

  test("is stored sealed", async () => {
    const values = new Set<string>();
    const at = await started({
      network: (fetch) => async (request) => {
        for (const [, value] of (request.headers.get("cookie") ?? "").matchAll(/(?:\.ASPXAUTH|SessionId)=([^;]+)/g)) {
          if (value !== undefined) values.add(value);
        }
        return await fetch(request);
      },
    });
    await at.run(await at.start(), "orders-out");
    const rows = [...(await readWholeDatabase(at.db)).values()].flat();
    expect(rows.filter((row) => row.includes("acumatica.session"))).toHaveLength(1);
    expect(values.size).toBe(2);
    for (const value of values) expect(rows.filter((row) => row.includes(value))).toEqual([]);
  });

  test("is closed with the connection, whoever else may be using it", async () => {
    const at = await started();
    const [one, two] = [await at.start(), await at.start()];
    await at.run(one, "orders-out");
    await at.run(two, "orders-out");
    expect((await ask(one, "DELETE", "")).status).toBeLessThan(300);
    expect(sessions(at)).toBe(0);
  });

  test("one opened with the credentials before is closed before there is another", async () => {
    const at = await started();
    const [one, two] = [await at.start(), await at.start()];
    await at.run(one, "orders-out");
    await sql`update connections set revision = revision + 1`.execute(at.db);
    await at.run(two, "orders-out");
    expect(signIns(at)).toBe(2);
    expect(at.most.sessions).toBe(1);
  });

  test("a process that stood still while it signed in gives back what it opened, for another has signed in meanwhile", async () => {
    let other: (() => Promise<unknown>) | undefined;
    const stalling =
      (fetch: Fetch): Fetch =>
      async (request) => {
        const answer = await fetch(request);
        const act = other;
        if (!act || !request.url.endsWith("/auth/login")) return answer;
        other = undefined;
        await act();
        return answer;
      };
    const at = await started({ network: stalling });
    const [one, two] = [await at.start(), await at.start()];
    other = async () => {
      await at.passLease();
      await at.run(two, "orders-out");
    };
    await at.run(one, "orders-out");
    expect(sessions(at)).toBe(1);
    await at.run(one, "orders-out");
    await at.run(two, "orders-out");
    expect(signIns(at)).toBe(2);
    expect(sessions(at)).toBe(1);
  });

  test("by access tokens likewise: one session, one token, one request at a time", async () => {
    const at = await started({ connection: withOAuth("oauth-password") });
    const [one, two] = [await at.start(), await at.start()];
    await Promise.all([at.run(one, "orders-out"), at.run(two, "shipments-back"), at.run(two, "catalog-out")]);
    const tokens = at.sandbox.acumatica.journal.filter(({ path }) => path.endsWith("/identity/connect/token"));
    expect(tokens).toHaveLength(1);
    expect(at.most).toEqual({ sessions: 1, inFlight: 1 });
  });
});
