import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type Locator, type Page, chromium } from "playwright-core";

/** What a person does in the console, for tests against the canned API and against the real demo alike. */

/** Debian's package; elsewhere `ML_TEST_CHROMIUM` names the browser. */
export const chromiumPath = process.env["ML_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
export const hasChromium = (): boolean => existsSync(chromiumPath);

/** Chromium that calls nowhere by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Everything that went wrong in a page without showing: broken policy, console errors, requests to elsewhere. */
export interface Complaints {
  policy: string[];
  errors: string[];
  elsewhere: string[];
}

/**
 * A page that notes its complaints. `expected` names console errors that a test provokes, such as the browser's own
 * line about a 401.
 */
export async function openPage(
  context: BrowserContext,
  base: string,
  expected: RegExp[] = [],
): Promise<{ page: Page; complaints: Complaints }> {
  const complaints: Complaints = { policy: [], errors: [], elsewhere: [] };
  const page = await context.newPage();
  const note = (text: string): void => {
    if (/content security policy/i.test(text)) complaints.policy.push(text);
    else if (!expected.some((pattern) => pattern.test(text))) complaints.errors.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(message.text());
  });
  page.on("pageerror", (error) => note(error.message));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(base).origin) complaints.elsewhere.push(request.url());
  });
  return { page, complaints };
}

export async function signIn(page: Page, base: string, email: string, password: string): Promise<void> {
  await page.goto(`${base}/`);
  await page.getByRole("textbox", { name: "E-mail" }).fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByTestId("account").click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByTestId("sign-in").waitFor();
}

export type PageName = "Overview" | "Records" | "Errors" | "Both systems";

export async function goTo(page: Page, name: PageName): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** The figure on the overview: how many orders or labels of a connection are in a state. */
export async function countOf(page: Page, connection: string, kind: "order" | "label", state: string): Promise<number> {
  const tile = page.getByTestId(`connection-${connection}`).getByTestId(`count-${kind}-${state}`);
  const label = (await tile.getAttribute("aria-label")) ?? "";
  return Number.parseInt(label, 10);
}

/** Opens the fit report of a connection and waits for its verdict. */
export async function checkFit(page: Page, connection: string): Promise<Locator> {
  await page.getByTestId(`connection-${connection}`).getByRole("button", { name: "Check fit" }).click();
  const report = page.getByTestId("fit-report");
  await report.getByTestId("fit-verdict").waitFor();
  return report;
}

/** Types into the search of the records page and waits until the address carries it. */
export async function searchRecords(page: Page, text: string): Promise<void> {
  await page.getByTestId("search").fill(text);
  await page.waitForURL((url) => (url.searchParams.get("search") ?? "") === text);
}

export async function filterByState(page: Page, state: string): Promise<void> {
  await page.getByTestId("filter-state").click();
  await page.getByRole("option", { name: state }).click();
  await page.waitForURL((url) => url.searchParams.get("state") === state);
}

/** One row of the list of records; `key` as the API has it, such as `SO/000123`. */
export const recordRow = (page: Page, key: string): Locator => page.getByTestId(`record-${key}`);

export async function openRecord(
  page: Page,
  base: string,
  connection: string,
  kind: string,
  key: string,
): Promise<void> {
  await page.goto(`${base}/records/${[connection, kind, key].map(encodeURIComponent).join("/")}`);
  await page.getByTestId("record-title").waitFor();
}

/** Replays the record whose page is open and waits for the confirmation. */
export async function replayRecord(page: Page): Promise<void> {
  await page.getByTestId("replay").click();
  await page.getByText("is being planned again").first().waitFor();
}

export async function skipRecord(page: Page, why: string): Promise<void> {
  await page.getByTestId("skip").click();
  await page.getByTestId("skip-why").fill(why);
  await page.getByTestId("skip-confirm").click();
  await page.getByText("is skipped").first().waitFor();
}

/** Counts what matches the filter, replays it, and answers the count that was shown first. */
export async function replayAllMatching(page: Page): Promise<number> {
  await page.getByTestId("replay-matching").click();
  const counted = await page.getByTestId("replay-count").innerText();
  await page.getByTestId("replay-confirm").click();
  await page.getByText("planned again.").first().waitFor();
  return Number(counted.replaceAll(/\D/g, ""));
}

/** Plays the sales clerk of the demo. */
export const enterDemoOrders = (page: Page, count: 1 | 10 | 100): Promise<void> =>
  page.getByTestId(`new-orders-${count}`).click();

/** Plays the packer of the demo. */
export const buyAllDemoLabels = (page: Page): Promise<void> => page.getByTestId("buy-all").click();
