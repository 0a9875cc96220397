import { connect } from "node:net";
import { serve } from "@hono/node-server";
import { afterEach, describe, expect, test } from "vitest";
import { origin, signedIn, smallSite, value, visitor } from "../../../test/support/acumatica-visitor.ts";
import type { AcumaticaSandbox } from "./acumatica-sandbox.ts";

describe("GET /entity", () => {
  test("lists build and endpoints without signing in; those of the tenant only after it", async () => {
    const { site } = smallSite({
      endpoints: [
        { name: "Default", version: "24.200.001" },
        { name: "OurShop", version: "1.0.0" },
      ],
      instancePath: "/Site",
    });
    const visit = visitor(site, undefined, "/Site");
    const before = await visit.call("GET", "/entity");
    expect(before.json).toEqual({
      version: { acumaticaBuildVersion: expect.any(String), databaseVersion: expect.any(String) },
      endpoints: [{ name: "Default", version: "24.200.001", href: `${origin}/Site/entity/Default/24.200.001/` }],
    });
    await visit.signIn();
    expect((await visit.call("GET", "/entity")).json.endpoints).toHaveLength(2);
    expect((await visit.call("GET", "/entity/OurShop/1.0.0/ShipVia?$top=1")).status).toBe(200);
  });

  test("is a bare array on older builds", async () => {
    const { site } = smallSite({ legacyEntityList: true });
    expect((await visitor(site).call("GET", "/entity")).json).toHaveLength(5);
  });
});

describe("what is not there, not allowed, not set up", () => {
  test.for([
    { body: "json", type: "application/json; charset=utf-8" },
    { body: "html", type: "text/html" },
    { body: "empty", type: "text/plain" },
  ] as const)("another endpoint version is 404 with a body of $body", async ({ body, type }) => {
    const { visit } = await signedIn({ missingEndpointBody: body });
    const { status, headers } = await visit.call("GET", "/entity/Default/21.200.001/SalesOrder");
    expect([status, headers.get("content-type")]).toEqual([404, type]);
  });

  test.for([
    { method: "GET", path: "Pigeon", status: 404 },
    { method: "GET", path: "SalesOrderDetail", status: 404 },
    { method: "POST", path: "SalesOrder", status: 406 },
    { method: "PATCH", path: "SalesOrder", status: 405 },
    { method: "PUT", path: "SalesOrder/SO/000101", status: 405 },
  ])("$method $path is $status", async ({ method, path, status }) => {
    const { visit } = await signedIn();
    expect((await visit.entity(method, path, method === "GET" ? undefined : {})).status).toBe(status);
  });

  test("a user without rights to a form gets 403 with its name", async () => {
    const { visit, site } = await signedIn({
      users: [{ name: "connector", password: "sandbox-only", rights: ["SO302000"] }],
    });
    const { status, json } = await visit.entity("GET", "Shipment");
    expect([status, json.exceptionMessage]).toEqual([403, expect.stringContaining("Shipments (SO302000)")]);
    expect((await visit.entity("GET", "SalesOrder")).status).toBe(200);
    expect(site.counts.reads).toBe(2);
  });

  test("a form nobody has filled in is a 500 that names it", async () => {
    const { visit } = await signedIn({ setupMissing: { Customer: "Account Receivable Preferences" } });
    const { status, json } = await visit.entity("GET", "Customer");
    expect(status).toBe(500);
    expect(json.exceptionMessage).toContain("Account Receivable Preferences");
    expect(json.exceptionType).toMatch(/^PX\.Data\.PXSetupNotEnteredException`1\[\[/);
  });

  test("what is no API call leads to the sign-in page, in HTML", async () => {
    const { site } = smallSite();
    const visit = visitor(site);
    const moved = await visit.call("GET", "/Main?ScreenId=SO301000");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/Frames/Login.aspx?ReturnUrl=%2FMain"]);
    const form = await visit.call("GET", moved.headers.get("location")!);
    expect([form.status, form.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  });
});

test("every write is in the journal with its answer, reads are counted", async () => {
  const { site, visit, clock } = await signedIn();
  clock.advance(1000);
  await visit.entity("GET", "ShipVia");
  await visit.entity("PUT", "SalesOrder?$expand=Details", { CustomerID: value("NOBODY") });
  await visit.entity("PUT", "SalesOrder", "{");
  expect(site.journal.slice(1)).toEqual([
    {
      at: site.journal[0]!.at + 1000,
      method: "PUT",
      path: "/entity/Default/24.200.001/SalesOrder?$expand=Details",
      status: 422,
      session: visit.cookies.get("ASP.NET_SessionId"),
      body: { CustomerID: value("NOBODY") },
    },
    expect.objectContaining({ status: 400, body: "{" }),
  ]);
  expect(site.counts).toEqual({ calls: 4, reads: 1, writes: 2, signIns: 1, rateLimited: 0 });
});

describe("on a real socket", () => {
  let close: () => Promise<void> = () => Promise.resolve();
  afterEach(() => close());

  async function listen(site: AcumaticaSandbox): Promise<number> {
    const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
      const listening = serve({ fetch: site.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(listening));
    });
    close = () => new Promise((resolve) => server.close(() => resolve()));
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** The first line of the answer to a request written byte by byte. */
  function firstLine(port: number, request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(request));
      let text = "";
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("end", () => resolve(text.split("\r\n")[0] ?? ""));
      socket.on("error", reject);
    });
  }

  const logout = (more: string): string =>
    `POST /entity/auth/logout HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${more}\r\n`;

  test("signing out without a Content-Length is 411, with one of 0 it is 204", async () => {
    const { site } = smallSite();
    const port = await listen(site);
    expect(await firstLine(port, logout(""))).toContain(" 411 ");
    expect(await firstLine(port, logout("Content-Length: 0\r\n"))).toContain(" 204 ");
  });

  test("Node's fetch with an empty body signs out, and cookies are not marked secure over http", async () => {
    const { site } = smallSite();
    const base = `http://127.0.0.1:${await listen(site)}/entity/auth`;
    const body = JSON.stringify({ name: "connector", password: "sandbox-only", tenant: "Brand" });
    const signedInAnswer = await fetch(`${base}/login`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    const cookies = signedInAnswer.headers.getSetCookie();
    expect([signedInAnswer.status, cookies.length]).toEqual([204, 12]);
    expect(cookies.join()).not.toContain("secure");
    const cookie = cookies.map((each) => each.split(";")[0]).join("; ");
    expect(site.sessionCount()).toBe(1);
    expect((await fetch(`${base}/logout`, { method: "POST", body: "", headers: { cookie } })).status).toBe(204);
    expect(site.sessionCount()).toBe(0);
  });
});
