import { afterEach, describe, expect, test } from "vitest";
import { ownSession } from "../../src/acumatica/shared-session.ts";
import { createAuthorising } from "../../src/connections/authorising.ts";
import { createTokenSource } from "../../src/connections/tokens.ts";
import type { Tries } from "../../src/acumatica/session.ts";
import { createSignInTries } from "../../src/connections/sign-in-tries.ts";
import { createTokenEndpoint } from "../../src/acumatica/oauth.ts";
import { pauseRestored } from "../../src/connections/restored.ts";
import { openVault, type Vault } from "../../src/connections/vault.ts";
import { createSecretKey } from "node:crypto";
import { sql } from "kysely";
import { ConnectorError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { askForConsent, decideIn, giveConsent, goBack, withOAuth } from "../support/consent.ts";
import { callApi } from "../support/operator.ts";
import { readWholeDatabase } from "../support/whole-database.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

const hour = 3_600_000;
const day = 24 * hour;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
async function started(options: WorldOptions): Promise<World> {
  world = await createWorld(options);
  return world;
}

const byCode = withOAuth("oauth-code");
const byPassword = withOAuth("oauth-password");
const connectionOf = async (here: World) => (await here.app.store.get(connectionId))!;
interface Shown {
  state: string;
  stop: { code: string; text: string; cure: string } | null;
  authorisation: { state: string; authorisedAt: string | null; endsAt: string | null } | null;
  notices: { code: string; text: string }[];
}
const shown = async (here: World): Promise<Shown> =>
  (await callApi(here, "GET", "/connections")).body.connections[0] as Shown;

/** Requests for tokens, by what was given for them. */
const grants = (here: World): string[] =>
  here.sandbox.acumatica.journal
    .filter(({ path }) => path.endsWith("/identity/connect/token"))
    .map(({ body }) => (body as { grant_type: string }).grant_type);
const cookieSignIns = (here: World): number =>
  here.sandbox.acumatica.journal.filter(({ path }) => path.toLowerCase().endsWith("/auth/login")).length;

async function goAllTheWay(here: World): Promise<void> {
  await here.run("orders-out");
  here.clock.advance(hour);
  here.buyAllLabels();
  await here.run("shipments-back");
}

describe("the whole journey by OAuth", () => {
  test("with a person's consent, the token renewed in the middle of it", async () => {
    const here = await started({ orders: 12, connection: byCode });
    await giveConsent(here);
    await goAllTheWay(here);
    expect(here.sandbox.check()).toMatchObject({ orders: 12, pushed: 12, shipped: 12, failed: 0, problems: [] });
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
    expect(cookieSignIns(here)).toBe(0);
    expect(here.sandbox.acumatica.sessionCount()).toBe(1);
  });

  test("with a user of the connector's own, whose password is sent once", async () => {
    const here = await started({ orders: 12, connection: byPassword });
    await goAllTheWay(here);
    expect(here.sandbox.check()).toMatchObject({ orders: 12, pushed: 12, shipped: 12, failed: 0, problems: [] });
    expect(grants(here)).toEqual(["password", "refresh_token"]);
    expect(cookieSignIns(here)).toBe(0);
  });

  test("a restart goes on with the tokens that are stored, in the session that is open", async () => {
    const here = await started({ orders: 2, connection: byCode });
    await giveConsent(here);
    await here.run("orders-out");
    await here.restart();
    here.buyAllLabels();
    await here.run("shipments-back");
    expect(here.sandbox.check()).toMatchObject({ shipped: 2, failed: 0 });
    expect(grants(here)).toEqual(["authorization_code"]);
    expect(here.sandbox.acumatica.sessionCount()).toBe(1);
  });

  test("the branch is named with each call, because a token has none", async () => {
    const seen = new Set<string | null>();
    const here = await started({
      orders: 1,
      connection: withOAuth("oauth-password", { branch: "HQ" }),
      network: (fetch) => async (request) => {
        if (request.url.includes("/entity/Default/")) seen.add(request.headers.get("px-cbapibranch"));
        return await fetch(request);
      },
    });
    await here.run("orders-out");
    expect([...seen]).toEqual(["HQ"]);
  });

  test("a token that was withdrawn before its time is renewed, and the read goes on", async () => {
    let withdrawn = false;
    const here = await started({
      orders: 1,
      connection: byPassword,
      network: (fetch) => async (request) => {
        if (!withdrawn || !request.url.includes("/entity/Default/")) return await fetch(request);
        withdrawn = false;
        return new Response(null, { status: 401 });
      },
    });
    await here.run("orders-out");
    withdrawn = true;
    await here.run("orders-out");
    expect(grants(here)).toEqual(["password", "refresh_token"]);
    expect((await shown(here)).state).toBe("active");
  });
});

describe("a person's consent", () => {
  test("is waited for: before it nothing is asked of Acumatica, and with it the connection goes on by itself", async () => {
    const here = await started({ orders: 1, connection: byCode });
    expect(await shown(here)).toMatchObject({
      state: "stopped",
      stop: { code: "acumatica.authorise-again", cure: expect.stringContaining("Authorise") as string },
      authorisation: { state: "none", authorisedAt: null },
    });
    await here.run("orders-out");
    expect(here.sandbox.acumatica.counts.calls).toBe(0);
    await giveConsent(here);
    expect(await shown(here)).toMatchObject({ state: "active", stop: null, authorisation: { state: "valid" } });
    const flows = await here.app.db.selectFrom("wakeups").select("flow").execute();
    expect(flows.map(({ flow }) => flow)).toContain("orders-out");
  });

  test("leaves a paused connection paused", async () => {
    const here = await started({ connection: (file) => ({ ...byCode(file), state: "paused" }) });
    await giveConsent(here);
    expect(await shown(here)).toMatchObject({ state: "paused", authorisation: { state: "valid" } });
  });

  test("does not wake a restored connection before both systems were compared", async () => {
    const here = await started({ orders: 1, connection: byCode });
    await giveConsent(here);
    await pauseRestored(here.app.db, new Date(here.clock.now()), "test");
    await here.app.store.stop(connectionId, "acumatica.authorise-again", "The consent has ended.", "test");
    await giveConsent(here);
    expect(await shown(here)).toMatchObject({ state: "paused", stop: { code: "connection.restored" } });
    const ask = (verb: string) => callApi(here, "POST", `/connections/${connectionId}/${verb}`, {});
    expect(JSON.stringify(await ask("resume"))).toContain("connection.unreconciled");
    expect((await ask("reconcile")).status).toBe(200);
    expect((await ask("resume")).status).toBe(200);
    expect(await shown(here)).toMatchObject({ state: "active", stop: null });
  });

  test("counts once, for who asked for it, and for a quarter of an hour", async () => {
    const here = await started({ connection: byCode });
    const first = (await decideIn(here, await askForConsent(here)))!;
    const forged = new URL(first);
    forged.searchParams.set("state", `${first.searchParams.get("state")!.slice(1)}A`);
    expect((await goBack(here, forged)).status).toBe(400);
    expect((await goBack(here, first)).status).toBe(200);
    expect((await goBack(here, first)).status).toBe(400);

    const late = (await decideIn(here, await askForConsent(here)))!;
    here.clock.advance(15 * 60_000);
    expect((await goBack(here, late)).status).toBe(400);

    const url = await askForConsent(here);
    await here.app.db.updateTable("authorisation_requests").set({ actor: "ada@example.com" }).execute();
    expect((await goBack(here, (await decideIn(here, url))!)).status).toBe(400);
    expect(grants(here)).toEqual(["authorization_code"]);
  });

  test("that is refused by the person changes nothing", async () => {
    const here = await started({ connection: byCode });
    const back = (await decideIn(here, await askForConsent(here), { decision: "deny" }))!;
    const answer = await goBack(here, back);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("access_denied")]);
    expect((await shown(here)).state).toBe("stopped");
  });

  test("is told a week before it ends, and after its end a person is asked again", async () => {
    const here = await started({ orders: 1, connection: byCode });
    await giveConsent(here);
    await here.run("orders-out");
    here.clock.advance(22 * day);
    await here.run("orders-out");
    expect((await shown(here)).notices).toEqual([]);
    here.clock.advance(2 * day);
    expect(await shown(here)).toMatchObject({
      state: "active",
      authorisation: { state: "ends-soon" },
      notices: [{ code: "acumatica.authorise-again", text: expect.stringMatching(/ends on \d{4}-/) as string }],
    });
    here.clock.advance(7 * day);
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({
      state: "stopped",
      stop: { code: "acumatica.authorise-again" },
      authorisation: { state: "ended" },
      notices: [],
    });
    const asked = grants(here).length;
    await here.run("orders-out");
    expect(grants(here)).toHaveLength(asked);

    await giveConsent(here);
    here.buyAllLabels();
    await here.run("shipments-back");
    expect(await shown(here)).toMatchObject({ state: "active", authorisation: { state: "valid" } });
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0 });
  });

  test("that is withdrawn in Acumatica stops the connection until it is given again", async () => {
    const here = await started({ orders: 1, connection: byCode });
    await giveConsent(here);
    await here.run("orders-out");
    here.sandbox.acumatica.revokeConsents();
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.authorise-again" } });
    await giveConsent(here);
    await here.run("orders-out");
    expect((await shown(here)).state).toBe("active");
  });

  test("that is given again takes the place of the former one's session, which would count beside it for an hour", async () => {
    const here = await started({ orders: 2, connection: byCode, sandbox: { acumatica: { maxSessions: 1 } } });
    await giveConsent(here);
    await here.run("orders-out");
    await giveConsent(here);
    here.buyAllLabels();
    await here.run("shipments-back");
    expect(here.sandbox.check()).toMatchObject({ shipped: 2, failed: 0, problems: [] });
    expect(here.sandbox.acumatica.sessionCount()).toBe(1);
  });

  test("that is given in the middle of a run is what the run goes on with", async () => {
    const used: string[] = [];
    let again: Promise<void> | undefined;
    const here = await started({
      orders: 3,
      connection: byCode,
      sandbox: { acumatica: { maxSessions: 1 } },
      network: (fetch) => async (request) => {
        const token = request.headers.get("authorization");
        const { pathname } = new URL(request.url);
        if (token?.startsWith("Bearer ") && pathname.includes("/entity/Default/")) {
          if (used.at(-1) !== token) used.push(token);
          // After it the run still has orders to read.
          if (pathname.includes("/SalesOrder")) again ??= giveConsent(here);
        }
        return await fetch(request);
      },
    });
    await giveConsent(here);
    await here.run("orders-out");
    await again;
    await here.run("orders-out");
    expect(here.sandbox.check()).toMatchObject({ pushed: 3, failed: 0, problems: [] });
    expect(used).toHaveLength(2);
    expect(here.sandbox.acumatica.sessionCount()).toBe(1);
  });

  test("waits for a turn of somebody else's no longer than a person does", async () => {
    const here = await started({ orders: 1, connection: byCode });
    await giveConsent(here);
    await here.run("orders-out");
    await sql`update erp_sessions set holder = 'another', held_until = clock_timestamp() + interval '1 hour'`.execute(
      here.app.db,
    );
    const open = new Set(["the consent"]);
    const given = giveConsent(here).finally(() => open.clear());
    while (open.size > 0) {
      here.clock.advance(100);
      await sql`select 1`.execute(here.app.db);
    }
    await given;
    expect(grants(here)).toEqual(["authorization_code", "authorization_code"]);
    expect((await shown(here)).authorisation?.state).toBe("valid");
  });

  test("outlives a new client secret, but not another client ID", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    const changed = await callApi(here, "PATCH", `/connections/${connectionId}`, {
      acumatica: { clientSecret: "sandbox-application" },
    });
    expect(changed.status).toBe(200);
    expect((await shown(here)).authorisation?.state).toBe("valid");
    const clientId = "11111111-2222-3333-4444-555555555555@Brand";
    await callApi(here, "PATCH", `/connections/${connectionId}`, { acumatica: { clientId } });
    expect((await shown(here)).authorisation?.state).toBe("none");
  });

  test("leaves no token, code or secret in the clear anywhere", async () => {
    const seen: string[] = [];
    const here = await started({
      orders: 1,
      connection: byCode,
      network: (fetch) => async (request) => {
        const answer = await fetch(request);
        if (!request.url.endsWith("/connect/token")) return answer;
        const body = (await answer.clone().json()) as Record<string, string>;
        seen.push(body["access_token"]!, body["refresh_token"]!);
        return answer;
      },
    });
    await giveConsent(here);
    await goAllTheWay(here);
    expect(seen).toHaveLength(4);
    const everything = [...(await readWholeDatabase(here.app.db)).values()].flat().join("\n");
    for (const secret of [...seen, "sandbox-application"]) expect(everything).not.toContain(secret);
  });
});

describe("new tokens", () => {
  /** Sources as several processes have them, on one database and one site. */
  async function processes(
    here: World,
    count: number,
    network: (fetch: Fetch, index: number) => Fetch = (fetch) => fetch,
    vaultOf: (vault: Vault) => Vault = (vault) => vault,
    triesOf: (tries: Tries) => Tries = (tries) => tries,
  ) {
    const connection = await connectionOf(here);
    const masterKey = createSecretKey(Buffer.alloc(32, 7));
    const { db, store } = here.app;
    const vault = vaultOf(await openVault({ db, masterKey, clock: here.clock, random: systemRandom }));
    return Array.from({ length: count }, (_, index) => {
      const fetch = network((request) => here.sandbox.acumatica.fetch(request), index);
      const ports = { db, vault, clock: here.clock, log: silentLog, credentials: store.credentials(connection) };
      const request = createTokenEndpoint(connection.settings.acumatica.instanceUrl, {
        fetch,
        clock: here.clock,
        log: silentLog,
      });
      return createTokenSource(connection, {
        ...ports,
        request,
        signOut: () => Promise.resolve(),
        tries: triesOf(createSignInTries(db, here.clock, connection.id)),
      });
    });
  }

  test("are asked for by one of many processes, and all of them get the same", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    here.clock.advance(hour);
    const sources = await processes(here, 6);
    const tokens = await Promise.all(sources.map((source) => source.access()));
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
  });

  test("are stored before the try is counted: a database that is away for that moment does not cost them", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    here.clock.advance(hour);
    const away = (): Promise<void> => Promise.reject(new ConnectorError("database.unavailable"));
    const [one] = await processes(here, 1, undefined, undefined, (tries) => ({ ...tries, accepted: away }));
    await expect(one!.access()).rejects.toMatchObject({ code: "database.unavailable" });
    const [other] = await processes(here, 1);
    await other!.access();
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
  });

  test("that live for a minute only are used for half of it", async () => {
    const here = await started({ connection: byCode, sandbox: { acumatica: { accessTokenSeconds: 60 } } });
    await giveConsent(here);
    const [source] = await processes(here, 1);
    const { token } = await source!.access();
    here.clock.advance(29_000);
    expect((await source!.access()).token).toBe(token);
    here.clock.advance(2_000);
    expect((await source!.access()).token).not.toBe(token);
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
  });

  test("are stored before they are used: another process has them at once", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    const [one, other] = await processes(here, 2);
    for (let round = 0; round < 3; round += 1) {
      here.clock.advance(hour);
      const { token } = await one!.access();
      expect((await other!.access()).token).toBe(token);
    }
    expect(grants(here).filter((grant) => grant === "refresh_token")).toHaveLength(3);
  });

  const lost = async (here: World): Promise<void> => {
    const [dying] = await processes(here, 1, (fetch) => async (request) => {
      await fetch(request);
      throw new Error("the process died");
    });
    here.clock.advance(hour);
    await expect(dying!.access()).rejects.toThrow();
  };

  /** A database that is away the first time that something is asked of it. */
  const awayOnce = <Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>) => {
    let isAway = true;
    return (...given: Given): Promise<Result> => {
      if (!isAway) return work(...given);
      isAway = false;
      return Promise.reject(new Error("Connection terminated unexpectedly"));
    };
  };

  /** Time goes by until it is done. */
  const untilDone = async (here: World, work: Promise<unknown>): Promise<void> => {
    const waited = { isOver: false };
    const end = (): void => void (waited.isOver = true);
    void work.then(end, end);
    while (!waited.isOver) {
      here.clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await work;
  };

  test("are asked for again later when the database was away at that moment: nobody has to consent again for it", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    here.clock.advance(hour);
    const [source] = await processes(here, 1, undefined, (vault) => ({
      ...vault,
      get: awayOnce((...given: Parameters<Vault["get"]>) => vault.get(...given)),
    }));
    await expect(source!.access()).rejects.toThrow("Connection terminated");
    expect((await source!.access()).token).toMatch(/\w+/);
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
  });

  test("are kept until the database is there again", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    here.clock.advance(hour);
    const [source] = await processes(here, 1, undefined, (vault) => ({
      ...vault,
      put: awayOnce((...given: Parameters<Vault["put"]>) => vault.put(...given)),
    }));
    await untilDone(here, source!.access());
    here.clock.advance(hour);
    await source!.access();
    expect(grants(here)).toEqual(["authorization_code", "refresh_token", "refresh_token"]);
  });

  test("of a new consent are kept until the database is there again", async () => {
    const here = await started({ connection: byCode });
    const connection = await connectionOf(here);
    const { db, store } = here.app;
    const masterKey = createSecretKey(Buffer.alloc(32, 7));
    const vault = await openVault({ db, masterKey, clock: here.clock, random: systemRandom });
    const redirectUri = new URL(await askForConsent(here)).searchParams.get("redirect_uri")!;
    const site = {
      fetch: (request: Request) => here.sandbox.acumatica.fetch(request),
      clock: here.clock,
      log: silentLog,
    };
    const authorising = createAuthorising({
      ...{ db, store, clock: here.clock, random: systemRandom, redirectUri },
      vault: { ...vault, put: awayOnce((...given: Parameters<Vault["put"]>) => vault.put(...given)) },
      tries: (id) => createSignInTries(db, here.clock, id),
      request: ({ settings }) => createTokenEndpoint(settings.acumatica.instanceUrl, site),
      session: () => ownSession(here.clock),
      signOut: () => () => Promise.resolve(),
    });
    const { url } = await authorising.start(connection, "operator");
    const back = (await decideIn(here, url))!.searchParams;
    const returned = { state: back.get("state") ?? "", code: back.get("code") ?? "", error: undefined };
    await untilDone(here, authorising.complete(returned, undefined));
    expect(await shown(here)).toMatchObject({ authorisation: { state: "valid" } });
    expect(grants(here)).toEqual(["authorization_code"]);
  });

  test("that were lost on their way leave a consent that must be given again", async () => {
    const here = await started({ orders: 1, connection: byCode });
    await giveConsent(here);
    await lost(here);
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "stopped", stop: { code: "acumatica.authorise-again" } });
    await giveConsent(here);
    await here.run("orders-out");
    expect(here.sandbox.check()).toMatchObject({ pushed: 1, failed: 0 });
  });

  test("that were lost on their way are fetched again where the site still takes the old token for a while", async () => {
    const here = await started({
      orders: 1,
      connection: byCode,
      sandbox: { acumatica: { refreshGraceSeconds: 600 } },
    });
    await giveConsent(here);
    await lost(here);
    await here.run("orders-out");
    expect(await shown(here)).toMatchObject({ state: "active" });
    expect(here.sandbox.check()).toMatchObject({ pushed: 1, failed: 0 });
  });

  test("that were lost on their way cost one more password where there is one", async () => {
    const here = await started({ orders: 1, connection: byPassword });
    await here.run("orders-out");
    await lost(here);
    await here.run("orders-out");
    expect(grants(here)).toEqual(["password", "refresh_token", "refresh_token", "password"]);
    expect((await shown(here)).state).toBe("active");
  });

  test("are asked for by another process when the one that was at it has died", async () => {
    const here = await started({ connection: byCode });
    await giveConsent(here);
    here.clock.advance(hour);
    let asked: () => void = () => undefined;
    const isAsking = new Promise<void>((resolve) => (asked = resolve));
    const [dead, living] = await processes(here, 2, (fetch, index) =>
      index > 0
        ? fetch
        : () => {
            asked();
            return new Promise<Response>(() => undefined);
          },
    );
    void dead!.access().catch(() => undefined);
    await isAsking;
    const waiting = living!.access();
    await sql`update authorisations set lease_until = clock_timestamp() - interval '1 second'`.execute(here.app.db);
    await waiting;
    expect(grants(here)).toEqual(["authorization_code", "refresh_token"]);
  });

  test("are not asked for with a client secret that was refused three times, whatever is restarted", async () => {
    const here = await started({ connection: withOAuth("oauth-password", { clientSecret: "wrong-secret" }) });
    for (let round = 0; round < 6; round += 1) {
      await here.run("orders-out");
      await here.app.store.resume(connectionId, "test");
      await here.restart();
    }
    expect(grants(here)).toHaveLength(3);
    await callApi(here, "PATCH", `/connections/${connectionId}`, {
      acumatica: { clientSecret: "sandbox-application" },
    });
    await here.run("orders-out");
    expect((await shown(here)).state).toBe("active");
  });
});
