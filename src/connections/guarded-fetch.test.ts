import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock, type Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { exchange, type HttpRequest } from "../lib/http.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";
import type { Resolve } from "./origin-policy.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on loopback that counts its connections. */
async function listen(answer: RequestListener): Promise<{ origin: string; port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer(answer);
  server.on("connection", () => (connections += 1));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, connections: () => connections };
}

const ask = (fetch: ReturnType<typeof createGuardedFetch>, url: string, more: Partial<HttpRequest> = {}) =>
  exchange(
    { fetch, clock: systemClock },
    { method: "GET", url: new URL(url), headers: {}, totalMs: 5_000, maxBytes: 10_000, ...more },
  );

describe("a guarded fetch", () => {
  test("carries method, headers and body there, and status, headers, cookies and text back", async () => {
    const { origin } = await listen((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.writeHead(201, [
          ...["set-cookie", "a=1; Path=/", "set-cookie", "b=2"],
          ...["content-type", "application/json"],
        ]);
        response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
      });
    });
    const answer = await ask(createGuardedFetch({ allowedOrigins: [origin] }), `${origin}/a%2Fb?x=1&x=2`, {
      method: "PUT",
      headers: { cookie: "c=3; d=4", "content-type": "application/json", authorization: "Basic x" },
      body: '{"é":1}',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(JSON.parse(answer.text)).toMatchObject({
      method: "PUT",
      url: "/a%2Fb?x=1&x=2",
      body: '{"é":1}',
      headers: { cookie: "c=3; d=4", authorization: "Basic x", "content-length": "8" },
    });
  });

  test("an empty POST tells its length", async () => {
    const { origin } = await listen((request, response) => response.end(request.headers["content-length"]));
    expect((await ask(createGuardedFetch({ allowedOrigins: [origin] }), origin, { method: "POST" })).text).toBe("0");
  });

  test("reuses its connection, also after a compressed answer and one without a body", async () => {
    const { origin, connections } = await listen((request, response) => {
      if (request.url === "/none") response.writeHead(204).end();
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello ".repeat(200)));
    });
    const fetch = createGuardedFetch({ allowedOrigins: [origin] });
    expect((await ask(fetch, `${origin}/some`)).text).toHaveLength(1200);
    expect((await ask(fetch, `${origin}/none`)).status).toBe(204);
    expect((await ask(fetch, `${origin}/some`)).text).toHaveLength(1200);
    expect(connections()).toBe(1);
  });

  test("a compressed answer is capped by its unpacked size", async () => {
    const { origin } = await listen((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000)));
    });
    await expect(ask(createGuardedFetch({ allowedOrigins: [origin] }), origin)).rejects.toMatchObject({
      code: "network.too-large",
    });
  });

  test("a redirect is not followed", async () => {
    const sink = await listen((_, response) => response.end("secret"));
    const { origin } = await listen((_, response) => response.writeHead(302, { location: sink.origin }).end());
    await expect(ask(createGuardedFetch({ allowedOrigins: [origin, sink.origin] }), origin)).rejects.toMatchObject({
      code: "network.redirected",
    });
    expect(sink.connections()).toBe(0);
  });

  test("a cut answer and a silent one fail within their time", async () => {
    const cut = await listen((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    await expect(ask(createGuardedFetch({ allowedOrigins: [cut.origin] }), cut.origin)).rejects.toMatchObject({
      code: "network.unreachable",
    });
    const silent = await listen(() => undefined);
    await expect(
      ask(createGuardedFetch({ allowedOrigins: [silent.origin] }), silent.origin, { totalMs: 100, method: "POST" }),
    ).rejects.toMatchObject({ code: "network.timeout", mayHaveApplied: true });
  });

  test("a host without TLS behind an https address is a matter of TLS", async () => {
    const { port } = await listen((_, response) => response.end());
    const origin = `https://127.0.0.1:${port}`;
    await expect(ask(createGuardedFetch({ allowedOrigins: [origin] }), origin)).rejects.toMatchObject({
      code: "network.tls",
    });
  });

  test("nothing listens: unreachable, and a write certainly did not happen", async () => {
    const { origin } = await listen((_, response) => response.end());
    servers.splice(0).forEach((server) => server.close());
    await expect(
      ask(createGuardedFetch({ allowedOrigins: [origin] }), origin, { method: "POST" }),
    ).rejects.toMatchObject({ code: "network.unreachable", mayHaveApplied: false });
  });

  test.for(["http://127.0.0.1:PORT", "https://127.0.0.1:PORT", "http://localhost:PORT", "https://[::1]:PORT"])(
    "no connection is ever made to %s unless the operator allows it",
    async (template) => {
      const { port, connections } = await listen((_, response) => response.end());
      const url = template.replace("PORT", String(port));
      await expect(ask(createGuardedFetch({ allowedOrigins: [] }), url)).rejects.toMatchObject({
        code: "network.origin-refused",
      });
      expect(connections()).toBe(0);
    },
  );

  test("what was looked up and checked is what is connected to: one look-up for a connection", async () => {
    const { port, connections } = await listen((_, response) => response.end("here"));
    const origin = `http://no-such-name.example:${port}`;
    let asked = 0;
    const resolve: Resolve = () => {
      asked += 1;
      return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    };
    const fetch = createGuardedFetch({ allowedOrigins: [origin], resolve });
    expect((await ask(fetch, `${origin}/1`)).text).toBe("here");
    expect((await ask(fetch, `${origin}/2`)).text).toBe("here");
    expect([asked, connections()]).toEqual([1, 1]);
  });

  test("what may not be sent any more once the connection is there is not sent", async () => {
    const seen: string[] = [];
    const { port, connections } = await listen((request, response) => {
      seen.push(request.url ?? "");
      response.end("here");
    });
    const origin = `http://no-such-name.example:${port}`;
    let isLate = false;
    const resolve: Resolve = () => {
      isLate = true;
      return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    };
    const lastLook = (): void => {
      if (isLate) throw new ConnectorError("claim.lost");
    };
    const fetch = createGuardedFetch({ allowedOrigins: [origin], resolve });
    const write = { method: "POST", body: "{}", lastLook } as const;
    await expect(ask(fetch, `${origin}/1`, write)).rejects.toMatchObject({ code: "claim.lost", mayHaveApplied: false });
    expect([connections(), seen]).toEqual([1, []]);
    isLate = false;
    expect((await ask(fetch, `${origin}/2`)).text).toBe("here");
    // Over a connection that is there already likewise.
    isLate = true;
    await expect(ask(fetch, `${origin}/3`, write)).rejects.toMatchObject({ code: "claim.lost" });
    expect(seen).toEqual(["/2"]);
  });

  test("nothing is sent when its time was over before the connection was there", async () => {
    const seen: string[] = [];
    const { port } = await listen((request) => void seen.push(request.url ?? ""));
    const origin = `http://no-such-name.example:${port}`;
    const time = { now: 0 };
    // Its timers have not come due yet: the process has just been woken.
    const clock: Clock = { now: () => time.now, elapsed: () => time.now, sleep: () => new Promise(() => undefined) };
    const resolve: Resolve = () => {
      time.now += 6_000;
      return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    };
    const fetch = createGuardedFetch({ allowedOrigins: [origin], resolve });
    const request = { method: "POST", url: new URL(origin), headers: {}, totalMs: 5_000, maxBytes: 10_000 } as const;
    await expect(exchange({ fetch, clock }, request)).rejects.toMatchObject({
      code: "network.unreachable",
      mayHaveApplied: false,
    });
    expect(seen).toEqual([]);
  });

  test("a name that leads to this machine is refused at the connect", async () => {
    const resolve: Resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    await expect(
      ask(createGuardedFetch({ allowedOrigins: [], resolve }), "https://rebind.example.com", { method: "POST" }),
    ).rejects.toMatchObject({ code: "network.origin-refused", mayHaveApplied: false });
  });
});
