import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConnectorError } from "../lib/errors.ts";
import { engine } from "../../test/support/database.ts";
import { ada, operator, openWeb, publicUrl, type WebUnderTest } from "../../test/support/web.ts";

let site: WebUnderTest;
let folder: string;
let browser: { cookie: string; origin: string };
let failure: Error;
const logged: object[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "console-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><html><head></head><body>the console</body></html>");
  writeFileSync(join(folder, "assets", "main-abc.js"), "export {};");
  const demo = new Hono();
  demo.get("/orders", (c) => c.json({ orders: [] }));
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) };
  site = await openWeb({
    log,
    consoleFolder: folder,
    demo,
    replay: () => Promise.reject(failure),
  });
  browser = await site.signIn();
});
afterAll(async () => {
  await site.opened.close();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, init: RequestInit = {}) => site.web.request(path, init);
const post = (path: string, body: unknown, headers: Record<string, string> = operator) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("what is open", () => {
  interface Document {
    paths: Record<string, Record<string, { security?: unknown[] }>>;
  }
  const routes = async () => {
    const document = (await (await ask("/api/openapi.json", { headers: operator })).json()) as Document;
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => ({ method: method.toUpperCase(), path, security })),
    );
  };

  test("the OpenAPI document lists every route of the API", async () => {
    expect((await routes()).map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`).sort()).toEqual([
      "DELETE /connections/{id}",
      "GET /about",
      "GET /audit",
      "GET /audit/heads",
      "GET /audit/verify",
      "GET /connections",
      "GET /connections/{id}/labels/{label}/pdf",
      "GET /connections/{id}/tables",
      "GET /errors",
      "GET /records",
      "GET /records/{connection}/{kind}/{key}",
      "GET /records/{connection}/{kind}/{key}/parcels",
      "GET /status",
      "PATCH /connections/{id}",
      "POST /audit/heads/check",
      "POST /backup",
      "POST /connections",
      "POST /connections/{id}/allow-sign-in",
      "POST /connections/{id}/authorise",
      "POST /connections/{id}/company",
      "POST /connections/{id}/company/confirm",
      "POST /connections/{id}/pause",
      "POST /connections/{id}/ping",
      "POST /connections/{id}/preview",
      "POST /connections/{id}/push",
      "POST /connections/{id}/push/renew",
      "POST /connections/{id}/reconcile",
      "POST /connections/{id}/resume",
      "POST /connections/{id}/wake",
      "POST /records/{connection}/{kind}/{key}/skip",
      "POST /replay",
      "POST /setup",
      "PUT /connections/{id}/tables/{table}",
    ]);
  });

  test("every route but two refuses who is not signed in, whatever it is sent", async () => {
    const all = await routes();
    const closed = all.filter(({ security }) => security === undefined);
    expect(all.length - closed.length).toBe(2);
    for (const { method, path } of closed) {
      const target = path.replace("{kind}", "order").replaceAll(/\{\w+\}/g, "acme");
      for (const headers of [
        {},
        { authorization: "Bearer wrong" },
        { authorization: operator.authorization.slice(0, -1) },
      ]) {
        const answer = await ask(target, { method, headers: headers as Record<string, string> });
        expect([method, path, answer.status]).toEqual([method, path, 401]);
      }
    }
  });

  test.for(["/api/openapi.json", "/api/v1/nothing", "/api/nothing", "/demo/orders", "/demo", "/metrics"])(
    "%s is closed too",
    async (path) => {
      expect((await ask(path)).status).toBe(401);
    },
  );

  test.for([
    { path: "/healthz", status: 200 },
    { path: "/readyz", status: 200 },
    { path: "/api/v1/about", status: 200 },
    { path: "/assets/main-abc.js", status: 200 },
    { path: "/api/auth/get-session", status: 200 },
    { path: "/api/auth/ok", status: 404 },
    { path: "/nothing.js", status: 404 },
    { path: "/hooks/acumatica/x", status: 404 },
  ])("$path answers $status to anybody", async ({ path, status }) => {
    expect((await ask(path)).status).toBe(status);
  });

  test("a session and the operator token both open the API, and what is not there is 404", async () => {
    for (const headers of [browser, operator]) {
      expect((await ask("/api/v1/status", { headers })).status).toBe(200);
      expect((await ask("/api/v1/nothing", { headers })).status).toBe(404);
      expect((await ask("/demo/orders", { headers })).status).toBe(200);
      expect((await ask("/demo/nothing", { headers })).status).toBe(404);
    }
  });

  test("about tells who is signed in", async () => {
    const about = await (await ask("/api/v1/about", { headers: browser })).json();
    expect(about).toEqual({
      name: "ml-connector",
      version: "1.2.3",
      demo: true,
      needsSetup: false,
      signedIn: { email: "ada@example.com", name: "Ada" },
    });
    expect(await (await ask("/api/v1/about")).json()).toMatchObject({ signedIn: null });
  });
});

describe("other sites' pages", () => {
  test.for([
    { from: "our own page", headers: { origin: publicUrl }, status: 200 },
    {
      from: "our own page, with fetch metadata",
      headers: { origin: publicUrl, "sec-fetch-site": "same-origin" },
      status: 200,
    },
    { from: "our own page, without Origin", headers: { "sec-fetch-site": "same-origin" }, status: 200 },
    { from: "another site", headers: { origin: "https://evil.example" }, status: 403 },
    { from: "another port of this host", headers: { origin: "http://127.0.0.1:9999" }, status: 403 },
    { from: "a sandboxed frame", headers: { origin: "null" }, status: 403 },
    { from: "another site, by metadata", headers: { "sec-fetch-site": "cross-site" }, status: 403 },
    { from: "a sibling site", headers: { origin: publicUrl, "sec-fetch-site": "same-site" }, status: 403 },
    { from: "who knows where", headers: {}, status: 403 },
  ])("a change asked for by $from is answered $status", async ({ headers, status }) => {
    const answer = await post("/api/v1/connections/acme/wake", {}, { cookie: browser.cookie, ...headers });
    expect(answer.status).toBe(status);
  });
});

describe("answers", () => {
  test.for(["/healthz", "/api/v1/about", "/api/v1/status", "/records/acme", "/assets/main-abc.js", "/hooks/x"])(
    "%s carries the security headers",
    async (path) => {
      const { headers } = await ask(path, { headers: { accept: "text/html" } });
      const policy = headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    },
  );

  test.for([
    {
      thrown: new ConnectorError("order.unmappable", { problems: [{ field: "a", found: "b", cure: "c" }] }),
      status: 422,
      code: "order.unmappable",
    },
    { thrown: new ConnectorError("network.timeout"), status: 409, code: "network.timeout" },
    {
      thrown: Object.assign(new Error("could not extend file"), { code: "53100" }),
      status: 503,
      code: "database.unavailable",
    },
    { thrown: new Error("password=hunter2"), status: 500, code: "internal.defect" },
    {
      thrown: new ConnectorError("internal.defect", { message: "password=hunter2" }),
      status: 500,
      code: "internal.defect",
    },
  ])("$thrown.message is told as $code with $status", async ({ thrown, status, code }) => {
    failure = thrown;
    logged.length = 0;
    const answer = await post("/api/v1/replay", { connection: "acme" });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(text).not.toContain("hunter2");
    expect(logged).toHaveLength(status === 500 ? 1 : 0);
  });

  test("all problems of a request come at once, and nothing sent is repeated", async () => {
    const answer = await post("/api/v1/replay", { kind: "hunter2", keys: [""], surprise: "hunter2" });
    const text = await answer.text();
    expect(answer.status).toBe(422);
    const { error } = JSON.parse(text) as { error: { problems: { field: string }[] } };
    expect(error.problems.map((problem) => problem.field)).toEqual(["connection", "kind", "keys[0]", "surprise"]);
    expect(text).not.toContain("hunter2");
  });

  test.for([
    { what: "no JSON", body: "{", type: "application/json", status: 400 },
    { what: "a form", body: "connection=acme", type: "application/x-www-form-urlencoded", status: 415 },
    {
      what: "more than a megabyte",
      body: JSON.stringify("x".repeat(1_048_576)),
      type: "application/json",
      status: 413,
    },
  ])("a body of $what is answered $status in the usual shape", async ({ body, type, status }) => {
    const answer = await ask("/api/v1/replay", {
      method: "POST",
      headers: { ...operator, "content-type": type },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code: expect.stringContaining("request.") } });
  });

  test("an unknown query parameter is an error, not ignored", async () => {
    const answer = await ask("/api/v1/records?sort=name", { headers: operator });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { problems: [{ field: "sort" }] } });
  });
});

describe("the console's files", () => {
  const page = { accept: "text/html,application/xhtml+xml" };

  test("any page address gets the console, whose inline styles are allowed by this answer's nonce alone", async () => {
    const [one, other] = [
      await ask("/", { headers: page }),
      await ask("/records/acme/order/SO%2F1", { headers: page }),
    ];
    const nonceOf = async (answer: Response) => {
      const nonce = /name="style-nonce" content="([\w-]+)"/.exec(await answer.text())?.[1];
      expect(answer.headers.get("content-security-policy")).toContain(`style-src 'self' 'nonce-${nonce!}'`);
      return nonce;
    };
    expect(await nonceOf(one)).not.toBe(await nonceOf(other));
  });

  test("files whose names carry their hash are kept by browsers, pages are not", async () => {
    expect((await ask("/assets/main-abc.js")).headers.get("cache-control")).toContain("immutable");
    expect((await ask("/", { headers: page })).headers.get("cache-control")).toBe("no-cache");
  });

  test.for(["/../package.json", "/assets/../../x", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc/passwd"])(
    "%s leads nowhere",
    async (path) => {
      expect((await site.web.request(new Request(`${publicUrl}${path}`))).status).toBe(404);
    },
  );
});

test("over a real socket an address is the socket's, not what headers claim, and encoded keys arrive whole", async () => {
  const server = serve({ fetch: site.web.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signedIn = await fetch(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: publicUrl, "x-forwarded-for": "198.51.100.7" },
    body: JSON.stringify({ email: ada.email, password: ada.password }),
  });
  const detail = await fetch(`${base}/api/v1/records/acme/order/SO%2F000123%25`, { headers: operator });
  server.close();
  const { rows } = await sql<{
    ipAddress: string;
  }>`select "ipAddress" from user_sessions order by "createdAt" desc limit 1`.execute(site.opened.db);
  expect([signedIn.status, rows]).toEqual([200, [{ ipAddress: "127.0.0.1" }]]);
  expect([detail.status, await detail.json()]).toMatchObject([404, { error: { message: "There is no such record." } }]);
});

test("metrics count records, requests by route and hooks, for the operator", async () => {
  const text = await (await ask("/metrics", { headers: operator })).text();
  expect(text).toContain('route="/api/v1/connections/:id/wake"');
  expect(text).toContain("ml_hooks_total");
  expect(text).not.toContain("hooks/shipstation/h");
});

test("status tells the version, the database and whether it is ready", async () => {
  const status = await (await ask("/api/v1/status", { headers: operator })).json();
  expect(status).toMatchObject({ version: "1.2.3", database: engine, ready: true, connections: [{ id: "acme" }] });
});

test("the error catalogue has a row for each code", async () => {
  const { errors } = (await (await ask("/api/v1/errors", { headers: operator })).json()) as { errors: object[] };
  expect(errors).toContainEqual(
    expect.objectContaining({ code: "order.key-taken", who: "operator", disposition: "person" }),
  );
});
