import { describe, expect, test } from "vitest";
import { json, webPage } from "../../test/support/fake-acumatica.ts";
import { createStillClock } from "../../test/support/still-clock.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { Exchange } from "../lib/http.ts";
import { silentLog } from "../lib/log.ts";
import { authorizeUrl, createTokenEndpoint, type Grant } from "./oauth.ts";

const application = { clientId: "6F1B2A60-0C0E-4C55-9A3B-7F3C0D1E2A11@Main", clientSecret: "canary-secret" };
const refresh: Grant = { kind: "refresh", refreshToken: "canary-refresh" };

/** A token endpoint that answers as told, and what was sent to it. */
function endpointOf(answer: () => Response) {
  const seen: { url: string; body: URLSearchParams; type: string | null }[] = [];
  const exchanges: Exchange[] = [];
  const request = createTokenEndpoint("https://erp.example/23R2", {
    fetch: async (sent) => {
      seen.push({
        url: sent.url,
        body: new URLSearchParams(await sent.text()),
        type: sent.headers.get("content-type"),
      });
      return answer();
    },
    clock: createStillClock(),
    log: silentLog,
    observe: (exchange) => void exchanges.push(exchange),
  });
  return { request, seen, exchanges };
}

test("a person is sent to the site's own page, with the scopes of one session that lasts", () => {
  const url = authorizeUrl("https://erp.example/23R2", {
    clientId: application.clientId,
    redirectUri: "https://connector.example/oauth/acumatica",
    state: "s&1",
  });
  expect(url.origin + url.pathname).toBe("https://erp.example/23R2/identity/connect/authorize");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    response_type: "code",
    client_id: application.clientId,
    redirect_uri: "https://connector.example/oauth/acumatica",
    scope: "api offline_access",
    state: "s&1",
  });
});

describe("asking for tokens", () => {
  test.for<[string, Grant, Record<string, string>]>([
    [
      "a code",
      { kind: "code", code: "c", redirectUri: "https://x.example/" },
      { grant_type: "authorization_code", code: "c", redirect_uri: "https://x.example/" },
    ],
    [
      "a password",
      { kind: "password", username: "u", password: "p&=+" },
      { grant_type: "password", username: "u", password: "p&=+", scope: "api offline_access" },
    ],
    ["a refresh token", refresh, { grant_type: "refresh_token", refresh_token: "canary-refresh" }],
  ])("with %s sends a form to the token endpoint", async ([, grant, form]) => {
    const answer = { access_token: "a", refresh_token: "r", expires_in: 3600, token_type: "Bearer" };
    const { request, seen } = endpointOf(() => json(answer));
    expect(await request(application, grant)).toEqual({ accessToken: "a", refreshToken: "r", livesMs: 3_600_000 });
    const [sent] = seen;
    expect(sent).toMatchObject({
      url: "https://erp.example/23R2/identity/connect/token",
      type: "application/x-www-form-urlencoded",
    });
    expect(Object.fromEntries(sent!.body)).toEqual({
      client_id: application.clientId,
      client_secret: application.clientSecret,
      ...form,
    });
  });

  test("takes an hour where the answer does not say how long a token lives", async () => {
    const { request } = endpointOf(() => json({ access_token: "a" }));
    expect(await request(application, refresh)).toEqual({
      accessToken: "a",
      refreshToken: undefined,
      livesMs: 3_600_000,
    });
  });

  const password: Grant = { kind: "password", username: "u", password: "p" };
  test.for<[string, Grant, () => Response, ErrorCode]>([
    ["a refused password", password, () => json({ error: "invalid_grant" }, 400), "acumatica.credentials"],
    ["a refused client secret", refresh, () => json({ error: "invalid_client" }, 400), "acumatica.credentials"],
    ["the same as 401", refresh, () => json({ error: "invalid_client" }, 401), "acumatica.credentials"],
    ["a refresh token that is over", refresh, () => json({ error: "invalid_grant" }, 400), "acumatica.authorise-again"],
    [
      "a flow that is not registered",
      password,
      () => json({ error: "unauthorized_client" }, 400),
      "acumatica.application",
    ],
    [
      "a grant the site does not have",
      password,
      () => json({ error: "unsupported_grant_type" }, 400),
      "acumatica.application",
    ],
    ["a scope it does not know", password, () => json({ error: "invalid_scope" }, 400), "acumatica.application"],
    ["a full licence", password, () => json({ message: "API Login Limit" }, 500), "acumatica.session-limit"],
    ["an answer without a token", refresh, () => json({ token_type: "Bearer" }), "acumatica.unreadable"],
    ["a web page", refresh, () => webPage("Sign In"), "acumatica.unreadable"],
    ["half a refusal", refresh, () => new Response('{"error":"in', { status: 400 }), "acumatica.unreadable"],
    ["a broken server", refresh, () => json({ message: "Oops" }, 502), "acumatica.server-error"],
    ["no server of that kind", refresh, () => json({}, 404), "acumatica.endpoint-missing"],
  ])("%s is told as it is, and leaves no doubt", async ([, grant, answer, code]) => {
    const { request, seen } = endpointOf(answer);
    await expect(request(application, grant)).rejects.toMatchObject({ code, mayHaveApplied: false });
    expect(seen).toHaveLength(1);
  });

  test("shows neither tokens nor secrets to whoever archives exchanges, nor in messages", async () => {
    const echo = { error: "invalid_grant", error_description: `no such canary-secret` };
    const { request, exchanges } = endpointOf(() => json(echo, 400));
    const thrown: unknown = await request(application, refresh).catch((error: unknown) => error);
    expect(exchanges).toHaveLength(1);
    for (const text of [JSON.stringify(exchanges), String(thrown)]) expect(text).not.toMatch(/canary/);
  });
});
