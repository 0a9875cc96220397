import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildConsole } from "../../src/cli/build-console.ts";
import {
  type Complaints,
  buyAllDemoLabels,
  checkFit,
  chromiumPath,
  countOf,
  enterDemoOrders,
  filterByState,
  goTo,
  hasChromium,
  launchChromium,
  openPage,
  openRecord,
  recordRow,
  replayAllMatching,
  replayRecord,
  searchRecords,
  signIn,
  signOut,
  skipRecord,
} from "../support/console-driver.ts";
import { type FakeApi, startFakeApi } from "../support/fake-api.ts";

const mustRun = process.env["CI"] === "true";
const canRun = hasChromium() || mustRun;
if (!canRun)
  console.warn(
    `SKIPPED: the console's browser tests need Chromium at ${chromiumPath} (Debian: apt-get install chromium).`,
  );

// A browser on a busy machine needs its time; no test here waits for a clock.
describe.skipIf(!canRun)("the console in a browser", { timeout: 120_000 }, () => {
  let browser: Browser;
  let api: FakeApi;
  let context: BrowserContext;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    await buildConsole();
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
  });

  const open = async (width: number, expected: RegExp[] = []): Promise<void> => {
    context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
    ({ page, complaints } = await openPage(context, api.base, expected));
  };

  beforeEach(async () => {
    api = await startFakeApi();
  });
  afterEach(async () => {
    await context.close();
    await api.stop();
    expect(complaints).toEqual({ policy: [], errors: [], elsewhere: [] });
  });

  const enter = async (width = 1280, expected: RegExp[] = []): Promise<void> => {
    await open(width, expected);
    await signIn(page, api.base, api.email, api.password);
  };

  test("a wrong password is told, and the right one opens the overview", async () => {
    await open(1280, [/401/]);
    await page.goto(api.base);
    await page.getByRole("textbox", { name: "E-mail" }).fill(api.email);
    await page.getByRole("textbox", { name: "Password" }).fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Invalid email or password").waitFor();
    await signIn(page, api.base, api.email, api.password);
    await signOut(page);
  });

  test("the first user is made with the one-time token and is signed in at once", async () => {
    api.state.needsSetup = true;
    await open(1280, [/403/]);
    await page.goto(api.base);
    await page.getByRole("textbox", { name: "One-time token" }).fill("a guess");
    await page.getByRole("textbox", { name: "Your name" }).fill("Olive Operator");
    await page.getByRole("textbox", { name: "E-mail" }).fill(api.email);
    await page.getByRole("textbox", { name: "Password" }).fill(api.password);
    await page.getByRole("button", { name: "Make the user" }).click();
    await page.getByText("This is not the token.").waitFor();
    await page.getByRole("textbox", { name: "One-time token" }).fill("first-token");
    await page.getByRole("button", { name: "Make the user" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("the overview shows figures by state, and each leads to its records", async () => {
    await enter();
    expect(await countOf(page, "acme", "order", "Processed")).toBe(1_284);
    expect(await countOf(page, "acme", "label", "Failed")).toBe(1);
    await page.getByTestId("count-order-Failed").click();
    await page.waitForURL(`${api.base}/records?connection=acme&kind=order&state=Failed`);
    await recordRow(page, "SO/004197").waitFor();
    expect(await page.locator("[data-testid=records] [data-state]").allInnerTexts()).not.toContain("Processed");
  });

  test("a connection is paused and resumed, and a stop is shown with its cure", async () => {
    await enter();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByTestId("connection-state").getByText("paused").waitFor();
    const [connection] = api.state.connections;
    Object.assign(connection!, {
      state: "stopped",
      stop: { code: "acumatica.credentials", text: "Acumatica refused the password.", cure: "Enter the right one." },
    });
    const stop = page.getByTestId("stop-reason");
    await stop.getByText("Enter the right one.").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await stop.waitFor({ state: "detached" });
  });

  test("the fit check lists every stage with its verdict and cure", async () => {
    await enter();
    const report = await checkFit(page, "acme");
    expect(await report.locator("[data-verdict]").count()).toBe(6);
    await report.getByText("Give the user's role the rights to Shipments (SO302000).").waitFor();
    expect(api.state.done.filter(({ path }) => path.endsWith("/ping"))).toHaveLength(1);
  });

  test("a connection that waits for consent says so in plain words and leads to Acumatica's page", async () => {
    await enter();
    const [connection] = api.state.connections;
    const none = { state: "none", authorisedAt: null, authorisedBy: null, endsAt: null } as const;
    Object.assign(connection!, { authorisation: none, acumatica: { ...connection!.acumatica, signIn: "oauth-code" } });
    const consent = page.getByTestId("consent");
    await consent.getByText("Nobody has given consent in Acumatica yet.").waitFor();
    await consent.getByRole("button", { name: "Authorise", exact: true }).click();
    await page.waitForURL(/consent/);
    expect(api.state.done.map(({ path }) => path)).toEqual(["/api/v1/connections/acme/authorise"]);
  });

  test("a consent that ends soon is a notice with its cure, and is given again from there", async () => {
    await enter();
    const [connection] = api.state.connections;
    Object.assign(connection!, {
      authorisation: {
        state: "ends-soon",
        authorisedAt: "2026-01-05T08:00:00.000Z",
        authorisedBy: "ada@example.com",
        endsAt: "2026-02-04T08:00:00.000Z",
      },
      acumatica: { ...connection!.acumatica, signIn: "oauth-code" },
      notices: [{ code: "acumatica.authorise-again", text: "The consent ends soon.", cure: "Press Authorise." }],
    });
    const consent = page.getByTestId("consent");
    await page.getByText("Press Authorise.").waitFor();
    await consent.getByText("Consent given on 2026-01-05 by ada@example.com, good until 2026-02-04.").waitFor();
    await consent.getByRole("button", { name: "Authorise again" }).waitFor();
  });

  test("a company that nobody has confirmed is shown with what it is known by, and confirmed", async () => {
    await enter();
    const [connection] = api.state.connections;
    const company = { id: "0a1b", title: "stock item LAMP, id 0a1b", seenAt: "2026-01-05T08:00:00.000Z" };
    Object.assign(connection!, { company: { ...company, confirmedAt: null } });
    await page.getByTestId("company").getByText("stock item LAMP, id 0a1b").waitFor();
    await page.getByRole("button", { name: "Confirm company" }).click();
    await page.getByTestId("company").waitFor({ state: "detached" });
    expect(api.state.done).toEqual([{ path: "/api/v1/connections/acme/company/confirm", body: { company: "0a1b" } }]);
  });

  test("what Acumatica's push notifications need is shown on demand, to be copied", async () => {
    await enter();
    await page.getByRole("button", { name: "Push", exact: true }).click();
    const shown = page.getByTestId("push-destination");
    await shown.waitFor();
    const text = await shown.innerText();
    for (const part of ["/hooks/acumatica/the-token", "X-Doorbell-Key", "the-key", "SM302000"])
      expect(text).toContain(part);
    expect(api.state.done.map(({ path }) => path)).toEqual(["/api/v1/connections/acme/push"]);
  });

  test("the list is searched and filtered, and the address keeps both", async () => {
    await enter();
    await goTo(page, "Records");
    await searchRecords(page, "004192");
    await recordRow(page, "SO/004192").waitFor();
    await recordRow(page, "SO/004200").waitFor({ state: "detached" });
    await page.reload();
    await recordRow(page, "SO/004192").waitFor();
    await expect.poll(() => page.getByTestId("search").inputValue()).toBe("004192");
    await searchRecords(page, "");
    await filterByState(page, "Aborted");
    await recordRow(page, "SO/004182").waitFor();
    await searchRecords(page, "no such customer");
    await page.getByTestId("empty").getByRole("link", { name: "Show all records" }).click();
    await recordRow(page, "SO/004200").waitFor();
    await expect.poll(() => page.getByTestId("search").inputValue()).toBe("");
  });

  test("the list has pages, and a selection is replayed", async () => {
    await enter();
    await goTo(page, "Records");
    await recordRow(page, "SO/004197").getByRole("checkbox").check();
    await recordRow(page, "501000").getByRole("checkbox").check();
    await page.getByTestId("replay-selected").click();
    await page.getByText("2 records are being planned again.").waitFor();
    // In the order of the list: one request for each kind.
    expect(api.state.done.map(({ body }) => body)).toEqual([
      { kind: "label", keys: ["501000"] },
      { kind: "order", keys: ["SO/004197"] },
    ]);
    await recordRow(page, "SO/004197").locator("[data-state=Prepared]").waitFor();
    await page.getByTestId("next-page").click();
    await page.getByText("Page 2").waitFor();
    await recordRow(page, "SO/004200").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Previous" }).click();
    await recordRow(page, "SO/004200").waitFor();
  });

  test("everything that matches is counted before it is replayed", async () => {
    await enter();
    await page.goto(`${api.base}/records?state=Aborted`);
    expect(await replayAllMatching(page)).toBe(13);
    await page.getByTestId("empty").waitFor();
    expect(api.state.done).toEqual([{ path: "/api/v1/replay", body: { state: "Aborted" } }]);
  });

  test("a record's page leads to the carrier's tracking page and to the label as PDF", async () => {
    await enter();
    await openRecord(page, api.base, "acme", "label", "501000");
    const parcels = page.getByTestId("parcels");
    const track = parcels.getByRole("link", { name: "Track the parcel" });
    expect(await track.getAttribute("href")).toBe("https://carrier.example/track/1Z9990360312345678");
    const pdf = parcels.getByRole("link", { name: "Label as PDF" });
    expect(await pdf.getAttribute("href")).toBe("/api/v1/connections/acme/labels/S342265036/pdf");
  });

  test("a record shows its problems with their cures, its steps and what was sent", async () => {
    await enter();
    await openRecord(page, api.base, "acme", "order", "SO/004192");
    await page.getByTestId("problems").getByText("Enter the two-letter country code").waitFor();
    const timeline = page.getByTestId("timeline");
    expect(await timeline.locator("li").count()).toBe(9);
    const sent = timeline.locator("li", { hasText: "createorders" }).first();
    await sent.getByRole("button", { name: "Request", exact: true }).click();
    await sent.getByText('"sku": "TENT-1004"').waitFor();
    await page.getByTestId("reason").getByRole("link", { name: "order.unmappable" }).click();
    await page.getByTestId("error-page").getByText("then replay").waitFor();
  });

  test("a record is replayed, and another is skipped with a reason", async () => {
    await enter();
    await openRecord(page, api.base, "acme", "order", "SO/004197");
    await replayRecord(page);
    await page.locator("header [data-state=Prepared]").waitFor();
    await openRecord(page, api.base, "acme", "order", "SO/004192");
    await skipRecord(page, "sent by hand");
    await page.getByTestId("reason").getByText("sent by hand").waitFor();
    expect(api.state.done.at(-1)?.body).toEqual({ why: "sent by hand" });
  });

  test("both sides of the demo can be played", async () => {
    await enter();
    await goTo(page, "Both systems");
    await enterDemoOrders(page, 10);
    await page.getByTestId("journey-0").getByText("22").waitFor();
    await page.getByTestId("buy-SO005122").click();
    await page.getByTestId("erp-SO005122").getByText("Completed").waitFor();
    await buyAllDemoLabels(page);
    await page.getByTestId("journey-3").getByText("22").waitFor();
    await page
      .getByTestId("shipstation-SO005122")
      .getByRole("button", { name: /Void label/ })
      .click();
    await page.getByTestId("shipstation-SO005122").getByText("voided").waitFor();
    await page.getByTestId("webhooks").click();
    await page.locator("[data-testid=webhooks]:not(:checked)").waitFor();
  });

  test("remote text is shown as text, whatever it holds", async () => {
    const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
    for (const record of api.state.records) record.title = hostile;
    api.state.connections[0]!.name = hostile;
    let dialogs = 0;
    await enter();
    page.on("dialog", (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    await page.getByRole("heading", { name: hostile }).waitFor();
    await openRecord(page, api.base, "acme", "order", "SO/004192");
    await page.getByText(hostile).first().waitFor();
    expect(dialogs).toBe(0);
  });

  test("without a connection the overview says how to add one", async () => {
    api.state.connections = [];
    await enter();
    await page.getByText("connection add --file connection.json").waitFor();
  });

  test("an error of the service is told on the screen, and heals by itself", async () => {
    await enter(1280, [/500/]);
    api.state.failWith = { status: 500, message: "Something unexpected went wrong inside the connector." };
    await page.getByTestId("failure").getByText("Something unexpected went wrong").waitFor();
    api.state.failWith = undefined;
    await page.getByTestId("failure").waitFor({ state: "detached" });
  });

  test("a service that went away is told by a banner, over what was known", async () => {
    await enter(1280, [/ERR_/]);
    await context.setOffline(true);
    await page.getByTestId("unreachable").waitFor();
    expect(await countOf(page, "acme", "order", "Processed")).toBe(1_284);
    await context.setOffline(false);
    await page.getByTestId("unreachable").waitFor({ state: "detached" });
  });

  test.for([1280, 390])("no screen is wider than a window of %i pixels", async (width) => {
    await enter(width);
    const screens = [
      "/",
      "/records",
      "/records/acme/order/SO%2F004192",
      "/errors",
      "/errors/order.locked",
      "/both-systems",
    ];
    for (const path of screens) {
      await page.goto(`${api.base}${path}`);
      await page.locator("main h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, width]);
    }
  });

  test("everything on the overview is reached by the keyboard", async () => {
    await enter();
    await page.locator("body").click({ position: { x: 2, y: 2 } });
    const reached: string[] = [];
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate("document.activeElement.textContent"));
    }
    for (const name of ["Skip to the content", "Records", "Check fit", "Wake now", "Pause"]) {
      expect(reached.some((text) => text.includes(name))).toBe(true);
    }
  });
});
