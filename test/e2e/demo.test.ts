import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../support/commands.ts";
import {
  type Complaints,
  chromiumPath,
  countOf,
  goTo,
  hasChromium,
  launchChromium,
  openPage,
  openRecord,
  recordRow,
  replayRecord,
  searchRecords,
  signIn,
} from "../support/console-driver.ts";
import { type DemoProcess, startDemo } from "../support/demo-process.ts";
import { endPrograms } from "../support/processes.ts";

const canRun = hasChromium() || process.env["CI"] === "true";
if (!canRun) console.warn(`SKIPPED: the demo in a browser needs Chromium at ${chromiumPath}.`);

const orders = 4;
const seen = { timeout: 60_000 };

// In order, as a visitor goes: each test goes on from where the one before ended.
describe.skipIf(!canRun)("the demo in a browser", { timeout: 180_000 }, () => {
  let demo: DemoProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** A second window: the page of one order, which nobody touches. */
  let watched: Page;
  const complaints: Complaints[] = [];

  const open = async (): Promise<Page> => {
    const opened = await openPage(context, demo.address, [/401/]);
    complaints.push(opened.complaints);
    return opened.page;
  };

  beforeAll(async () => {
    demo = await startDemo(["--orders", String(orders), "--by-hand"]);
    browser = await launchChromium();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
    page = await open();
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await endPrograms();
  });

  test("the printed sign-in opens the overview, and its figures reach the orders that were entered", async () => {
    await signIn(page, demo.address, demo.email, demo.password);
    await expect.poll(() => countOf(page, "demo", "order", "Processed"), seen).toBe(orders);
    expect(await countOf(page, "demo", "label", "Processed")).toBe(0);
  });

  test("an order is found by its number, and its page tells how it came to ShipStation", async () => {
    await goTo(page, "Records");
    await recordRow(page, "SO/000103").waitFor();
    await searchRecords(page, "000102");
    await recordRow(page, "SO/000103").waitFor({ state: "detached" });
    await recordRow(page, "SO/000102").getByRole("link").first().click();
    await page.getByTestId("record-title").getByText("000102").waitFor();
    const timeline = page.getByTestId("timeline");
    await timeline.locator("li", { hasText: "/orders/createorders" }).first().waitFor();
    expect(await timeline.locator("[data-step=effect]").count()).toBe(1);
  });

  test("a label that is bought in ShipStation arrives in the order's timeline with nobody touching anything", async () => {
    watched = await open();
    await openRecord(watched, demo.address, "demo", "order", "SO/000102");
    await watched.evaluate("window.untouched = true");
    await goTo(page, "Both systems");
    await page.getByTestId("buy-000102").click();
    const label = page.getByTestId("shipstation-000102");
    await label.getByText("Shipped").waitFor();
    const trackingNumber = await label.locator(".mono.nowrap").innerText();
    expect(trackingNumber).toMatch(/^\d{10,}|^1Z/);

    await watched.getByTestId("timeline").getByText(trackingNumber).first().waitFor(seen);
    await watched.getByTestId("labels").locator("[data-state=Processed]").waitFor(seen);
    expect(await watched.evaluate("window.untouched")).toBe(true);
    const erp = page.getByTestId("erp-000102");
    await erp.getByText("Completed").waitFor(seen);
    expect(await erp.innerText()).toContain(trackingNumber);
    expect(await page.getByTestId("erp-000103").innerText()).not.toMatch(/Completed/);
  });

  test("the order is replayed from its page, and nothing is written a second time", async () => {
    const writes = (): Promise<number> => watched.getByTestId("timeline").locator("[data-step=effect]").count();
    const before = await writes();
    await replayRecord(watched);
    await watched.getByTestId("timeline").getByText("Record replayed").waitFor(seen);
    await watched.locator("header [data-state=Processed]").waitFor(seen);
    expect(await writes()).toBe(before);
  });

  test("nothing broke the content security policy, no error was logged, nothing was asked of elsewhere", () => {
    expect(complaints).toEqual([
      { policy: [], errors: [], elsewhere: [] },
      { policy: [], errors: [], elsewhere: [] },
    ]);
  });

  test("SIGTERM ends it cleanly while two windows look at it", async () => {
    expect(await demo.program.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(demo.program.output()).not.toMatch(/Error|"level":50/);
  });
});

describe("the demo without a browser", () => {
  test.for([["--orders 5"], ["--orders 5 --no-webhooks --seed 4"]])(
    "%s: all orders travel the whole journey, and the last line is the figures",
    async ([options]) => {
      const { code, out } = await runCommand(["demo", "--once", "--json", ...options!.split(" ")]);
      const figures = JSON.parse(out.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
      expect(figures).toMatchObject({ orders: 5, pushed: 5, shipped: 5, failed: 0, problems: [] });
      for (const name of ["shipstationCalls", "shipstationWriteCalls", "acumaticaCalls", "rateLimited", "seconds"]) {
        expect([name, typeof figures[name]]).toEqual([name, "number"]);
      }
      expect(figures["shipstationWriteCalls"]).toBeLessThanOrEqual(5);
      expect(figures["labelToErpMs"]).toEqual({ p50: expect.any(Number), p95: expect.any(Number) });
      expect(code).toBe(0);
    },
  );

  test("for people it says the same in sentences", async () => {
    const { code, out } = await runCommand(["demo", "--once", "--orders", "2"]);
    expect(out).toMatch(/^2 of 2 orders are shipped in the ERP with their tracking numbers, 0 are not right\.$/m);
    expect(code).toBe(0);
  });

  test.for([
    ["an option that does not exist", "--nope", /--nope/],
    ["a number that is none", "--once --orders many", /--orders must be a whole number from 1 to \d+, not "many"/],
    ["no orders at all", "--once --orders 0", /--orders must be a whole number from 1/],
    ["a port too high for three", "--port 65500", /--port must be a whole number from 1 to 65433/],
    ["a file of faults that is not there", "--once --faults /no/such/file.json", /\/no\/such\/file\.json/],
  ] as const)("%s is told in plain words, with exit code 2", async ([, options, words]) => {
    const { code, out, err } = await runCommand(["demo", ...options.split(" ")]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(words);
  });
});
