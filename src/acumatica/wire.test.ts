import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createClientOf, createFakeAcumatica, json } from "../../test/support/fake-acumatica.ts";
import { systemClock } from "../lib/clock.ts";

describe("on a real socket", () => {
  test("signing out carries Content-Length: 0, and cookies go back as they came", async () => {
    const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
    const server = createServer((request, response) => {
      seen.push({ url: request.url ?? "", headers: request.headers });
      request.resume();
      if (request.url?.endsWith("/auth/login")) {
        const secure = ".ASPXAUTH=00ff=; path=/; secure; HttpOnly; SameSite=None";
        response.setHeader("set-cookie", [secure, secure, "Locale=Culture=en-US&TimeZone=GMTM0800A; path=/"]);
      }
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = {
        instanceUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/23R2`,
        tenant: "Main",
        endpointName: "Default",
        endpointVersion: "24.200.001",
      };
      const { client } = createClientOf({ fetch: (request) => fetch(request) }, { address, clock: systemClock });
      await client.signIn();
      await client.close();
    } finally {
      server.close();
    }
    const [, signOut] = seen;
    expect(signOut?.url).toBe("/23R2/entity/auth/logout");
    expect(signOut?.headers["content-length"]).toBe("0");
    expect(signOut?.headers.cookie).toBe(".ASPXAUTH=00ff=; Locale=Culture=en-US&TimeZone=GMTM0800A");
  });
});

test("an archive that fails does not turn a write into a failure", async () => {
  const saved = { id: "s", ShipmentNbr: { value: "000068" } };
  const { client } = createClientOf(
    createFakeAcumatica(() => json(saved)),
    {
      observe: () => {
        throw new Error("disk full");
      },
    },
  );
  await expect(client.updateShipment("000068", { Hold: false })).resolves.toMatchObject({ ShipmentNbr: "000068" });
});

test("an answer beyond ten megabytes is not taken in", async () => {
  const fake = createFakeAcumatica(() => new Response("[" + " ".repeat(10 * 1024 * 1024) + "]"));
  const listing = createClientOf(fake).client.listCustomers({ fromMs: 0, toMs: 1 });
  await expect(listing).rejects.toMatchObject({ code: "network.too-large", mayHaveApplied: false });
});
