import { describe, expect, test } from "vitest";
import { origin, smallSite, type SmallSite } from "../../../test/support/acumatica-visitor.ts";
import { defaultApplications, type AcumaticaSandboxOptions } from "./options.ts";

const { id, secret } = defaultApplications[0]!;
const client = { client_id: `${id}@Brand`, client_secret: secret };
const person = { username: "connector", password: "sandbox-only" };
const redirectUri = "https://connector.example/oauth";
const minute = 60_000;
const day = 86_400_000;

interface Tokens {
  access_token: string;
  refresh_token?: string;
  expires_in: number;
  error?: string;
  error_description?: string;
}

async function ask({ site }: SmallSite, form: Record<string, string>): Promise<{ status: number; body: Tokens }> {
  const body = new URLSearchParams(form).toString();
  const answer = await site.fetch(new Request(`${origin}/identity/connect/token`, { method: "POST", body }));
  return { status: answer.status, body: (await answer.json()) as Tokens };
}
const byPassword = (small: SmallSite, scope = "api offline_access", more: Record<string, string> = {}) =>
  ask(small, { ...client, ...person, grant_type: "password", scope, ...more });
const refresh = (small: SmallSite, token = "") =>
  ask(small, { ...client, grant_type: "refresh_token", refresh_token: token });
const read = async ({ site }: SmallSite, token: string, headers: Record<string, string> = {}) => {
  const url = `${origin}/entity/Default/24.200.001/ShipVia?$top=1`;
  return await site.fetch(new Request(url, { headers: { authorization: `Bearer ${token}`, ...headers } }));
};
const consentUrl = (change: Record<string, string> = {}): string => {
  const query = {
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: "api offline_access",
    state: "s1",
    ...change,
  };
  return `${origin}/identity/connect/authorize?${new URLSearchParams(query).toString()}`;
};
const decide = ({ site }: SmallSite, fields: Record<string, string>, url = consentUrl()): Promise<Response> =>
  site.fetch(new Request(url, { method: "POST", body: new URLSearchParams(fields).toString() }));
const codeOf = (answer: Response): string =>
  new URL(answer.headers.get("location") ?? "about:blank").searchParams.get("code") ?? "";

describe("the token endpoint", () => {
  test("knows the password, a code and a refresh token, and nothing for a program alone", async () => {
    const small = smallSite();
    const discovered = await small.site.fetch(new Request(`${origin}/identity/.well-known/openid-configuration`));
    expect(await discovered.json()).toMatchObject({ token_endpoint: `${origin}/identity/connect/token` });
    expect(await byPassword(small)).toMatchObject({ status: 200, body: { expires_in: 3600, token_type: "Bearer" } });
    const alone = await ask(small, { ...client, grant_type: "client_credentials", scope: "api" });
    expect([alone.status, alone.body]).toEqual([400, { error: "unsupported_grant_type" }]);
  });

  test.for([
    ["a wrong secret", { client_secret: "wrong" }, "invalid_client"],
    ["an unknown application", { client_id: `${id.replace("6", "7")}@Brand` }, "invalid_client"],
    ["a client ID without a tenant", { client_id: id }, "invalid_client"],
    ["no scope for the API", { scope: "openid" }, "invalid_scope"],
    ["a wrong password", { password: "wrong" }, "invalid_grant"],
  ] as const)("%s is refused", async ([, change, error]) => {
    const { status, body } = await byPassword(smallSite({ tenants: ["Brand", "Other"] }), undefined, change);
    expect([status, body.error]).toEqual([400, error]);
  });

  test("an application has only the flows it was registered for", async () => {
    const applications = [{ id, secret, flows: ["code" as const] }];
    expect((await byPassword(smallSite({ applications }))).body.error).toBe("unauthorized_client");
  });

  test("the part after the @ of the client ID selects the tenant", async () => {
    const small = smallSite({ tenants: ["Brand", "Other"] });
    const idIn = async (tenant: string): Promise<string> => {
      const { body } = await byPassword(small, "api", { client_id: `${id}@${tenant}` });
      return ((await (await read(small, body.access_token)).json()) as [{ id: string }])[0].id;
    };
    const [brand, other] = [await idIn("Brand"), await idIn("Other")];
    expect(small.site.tablesOf("Other").shipVias.map((via) => via.id)).toContain(other);
    expect(small.site.tables.shipVias.map((via) => via.id)).toContain(brand);
    expect(brand).not.toBe(other);
  });

  test("wrong passwords lock the user here and at the cookie sign-in together", async () => {
    const small = smallSite();
    for (let time = 0; time < 3; time += 1) await byPassword(small, "api", { password: "wrong" });
    const { body } = await byPassword(small);
    expect(body).toMatchObject({
      error: "invalid_grant",
      error_description: expect.stringContaining("locked") as string,
    });
  });
});

describe("refresh tokens", () => {
  test("are given with offline_access alone, and each works once", async () => {
    const small = smallSite();
    expect((await byPassword(small, "api")).body).not.toHaveProperty("refresh_token");
    const first = (await byPassword(small)).body;
    const second = await refresh(small, first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect((await refresh(small, first.refresh_token)).body).toEqual({ error: "invalid_grant" });
    expect((await refresh(small, second.body.refresh_token)).status).toBe(200);
  });

  test("work again for a while where the site gives grace", async () => {
    const small = smallSite({ refreshGraceSeconds: 60 });
    const { refresh_token } = (await byPassword(small)).body;
    expect((await refresh(small, refresh_token)).status).toBe(200);
    expect((await refresh(small, refresh_token)).status).toBe(200);
    small.clock.advance(minute);
    expect((await refresh(small, refresh_token)).body.error).toBe("invalid_grant");
  });

  test.for([
    ["30 days from the consent by default", undefined, 20, false],
    ["as long as they are used where they slide", { lasts: "sliding", days: 30 }, 20, true],
    ["for ever where the application says so", { lasts: "infinite" }, 4000, true],
  ] as const)("live %s", async ([, rule, days, isGood]) => {
    const small = smallSite({
      applications: [{ id, secret, flows: ["password"], ...(rule === undefined ? {} : { refresh: rule }) }],
    });
    let { body } = await byPassword(small);
    small.clock.advance(days * day);
    ({ body } = await refresh(small, body.refresh_token));
    small.clock.advance(days * day);
    expect((await refresh(small, body.refresh_token)).status).toBe(isGood ? 200 : 400);
  });
});

describe("sessions of access tokens", () => {
  const signIns = async (small: SmallSite, scope: string): Promise<string> =>
    (await byPassword(small, scope)).body.access_token;

  test("a token has one session, opened by its first call and gone when it ends after 3600 seconds", async () => {
    const small = smallSite({ idleMinutes: 600 });
    const token = await signIns(small, "api");
    expect(small.site.sessionCount()).toBe(0);
    for (let call = 0; call < 3; call += 1) expect((await read(small, token)).status).toBe(200);
    expect(small.site.sessionCount()).toBe(1);
    small.clock.advance(3600_000);
    expect((await read(small, token)).status).toBe(401);
    expect(small.site.sessionCount()).toBe(0);
  });

  test("with offline_access the session goes on with the next token", async () => {
    const small = smallSite();
    const { access_token, refresh_token } = (await byPassword(small)).body;
    await read(small, access_token);
    const next = (await refresh(small, refresh_token)).body;
    await read(small, next.access_token);
    expect(small.site.sessionCount()).toBe(1);
  });

  test("with api:concurrent_access every call without cookies is a session of its own", async () => {
    const small = smallSite({ maxSessions: 9 });
    const token = await signIns(small, "api:concurrent_access");
    for (let call = 0; call < 3; call += 1) await read(small, token);
    expect(small.site.sessionCount()).toBe(3);
  });

  test("tokens of before use up the licence: API Login Limit, until one is signed out of", async () => {
    const small = smallSite({ maxSessions: 2 });
    const tokens = [await signIns(small, "api"), await signIns(small, "api"), await signIns(small, "api")];
    const answers = [];
    for (const token of tokens) answers.push(await read(small, token));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 500]);
    expect(await answers[2]!.text()).toContain("API Login Limit");
    const headers = { authorization: `Bearer ${tokens[0]!}` };
    await small.site.fetch(new Request(`${origin}/entity/auth/logout`, { method: "POST", headers, body: "" }));
    expect((await read(small, tokens[2]!)).status).toBe(200);
  });

  test("a token that is not good opens nothing, whatever cookies come along", async () => {
    const small = smallSite();
    expect((await read(small, "made up", { cookie: "ASP.NET_SessionId=x; .ASPXAUTH=y" })).status).toBe(401);
  });

  test("the branch comes with each call", async () => {
    const small = smallSite();
    const answer = await read(small, await signIns(small, "api"), { "px-cbapibranch": "EAST" });
    expect(answer.headers.getSetCookie()).toContain("UserBranch=EAST; path=/");
  });
});

describe("consent in the browser", () => {
  test("leads back with a code, which is good once, for five minutes and for the same address", async () => {
    const small = smallSite();
    const page = await small.site.fetch(new Request(consentUrl()));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<form")]);
    const exchange = (code: string, uri = redirectUri) =>
      ask(small, { ...client, grant_type: "authorization_code", code, redirect_uri: uri });
    const back = await decide(small, { ...person, decision: "allow" });
    expect(back.headers.get("location")).toMatch(/^https:\/\/connector\.example\/oauth\?code=\w+&state=s1$/);
    expect((await exchange(codeOf(back))).status).toBe(200);
    expect((await exchange(codeOf(back))).body.error).toBe("invalid_grant");
    const elsewhere = codeOf(await decide(small, { ...person, decision: "allow" }));
    expect((await exchange(elsewhere, "https://evil.example/")).body.error).toBe("invalid_grant");
    const late = codeOf(await decide(small, { ...person, decision: "allow" }));
    small.clock.advance(5 * minute);
    expect((await exchange(late)).body.error).toBe("invalid_grant");
  });

  test("that is refused leads back with the reason", async () => {
    const back = await decide(smallSite(), { ...person, decision: "deny" });
    expect(new URL(back.headers.get("location") ?? "").search).toBe("?error=access_denied&state=s1");
  });

  test("is asked again after a wrong password, and without the second factor of a user who has one", async () => {
    const users: AcumaticaSandboxOptions["users"] = [{ name: "connector", password: "sandbox-only", twoFactor: true }];
    const small = smallSite({ users });
    expect((await decide(small, { ...person, password: "wrong", otp: "123456", decision: "allow" })).status).toBe(200);
    expect((await decide(small, { ...person, decision: "allow" })).status).toBe(200);
    expect((await decide(small, { ...person, otp: "123456", decision: "allow" })).status).toBe(302);
    expect((await byPassword(small)).status).toBe(200);
  });

  test("goes only to an address that the application lists", async () => {
    const small = smallSite({ applications: [{ id, secret, flows: ["code"], redirectUris: [redirectUri] }] });
    const url = consentUrl({ redirect_uri: "https://evil.example/" });
    expect((await small.site.fetch(new Request(url))).status).toBe(400);
    expect((await decide(small, { ...person, decision: "allow" })).status).toBe(302);
  });

  test("leaves no secret in the journal", async () => {
    const small = smallSite();
    const code = codeOf(await decide(small, { ...person, decision: "allow" }));
    await ask(small, { ...client, grant_type: "authorization_code", code, redirect_uri: redirectUri });
    const { refresh_token = "" } = (await byPassword(small)).body;
    await refresh(small, refresh_token);
    const journal = JSON.stringify(small.site.journal);
    for (const hidden of [secret, person.password, code, refresh_token]) expect(journal).not.toContain(hidden);
    expect(small.site.counts.writes).toBe(0);
  });
});

describe("users and tenants that trap a caller", () => {
  const signIn = async (small: SmallSite, tenant: string, path = "/entity/auth/login"): Promise<string> => {
    const body = JSON.stringify({ name: "connector", password: "sandbox-only", tenant });
    const answer = await small.site.fetch(new Request(`${origin}${path}`, { method: "POST", body }));
    if (answer.status !== 204) return await answer.text();
    const cookie = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
    return cookie.find((pair) => pair?.startsWith("CompanyID"))?.replace("CompanyID=", "") ?? "";
  };

  test.for([
    ["a stale map leads to another tenant without a word", { tenants: ["A", "B"], landsIn: { B: "A" } }, "B", "A"],
    ["an empty name lands on the default tenant", { tenants: ["A", "B"] }, "", "A"],
    ["one tenant takes any name", { tenants: ["A"] }, "Whatever", "A"],
  ] as const)("%s", async ([, options, asked, lands]) => {
    expect(await signIn(smallSite({ ...options, tenants: [...options.tenants] }), asked)).toBe(lands);
  });

  test("a user whose password must be changed, or who is locked, is refused over the API", async () => {
    const refusalOf = async (change: object, options: Partial<AcumaticaSandboxOptions> = {}): Promise<string> =>
      await signIn(
        smallSite({ users: [{ name: "connector", password: "sandbox-only", ...change }], ...options }),
        "Brand",
      );
    expect(await refusalOf({ mustChangePassword: true })).toContain("must change your password");
    expect(await refusalOf({ mustChangePassword: true }, { changePasswordText: "invalid" })).toContain(
      "Invalid credentials",
    );
    expect(await refusalOf({ isLocked: true })).toContain("locked");
  });

  test("every tenant keeps its own records: the same keys, other ids", () => {
    const { site } = smallSite({ tenants: ["Brand", "Other"] });
    const keysOf = (tenant: string): string[] => site.tablesOf(tenant).stockItems.map((item) => item.InventoryID);
    const idsOf = (tenant: string): string[] => site.tablesOf(tenant).stockItems.map((item) => item.id);
    expect(keysOf("Other")).toEqual(keysOf("Brand"));
    expect(idsOf("Other").filter((each) => idsOf("Brand").includes(each))).toEqual([]);
  });
});
