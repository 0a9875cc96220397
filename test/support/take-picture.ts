import { readFileSync } from "node:fs";
import { goTo, launchChromium, openPage, openRecord, signIn } from "./console-driver.ts";
import { startDemo } from "./demo-process.ts";
import { endPrograms } from "./processes.ts";

/**
 * The README's picture: one order's page after its whole journey. By hand:
 * `node test/support/take-picture.ts docs/console.png [overview.png both-systems.png]`
 */
const [target, overview, bothSystems] = process.argv.slice(2);
if (target === undefined)
  throw new Error("Say where the picture goes: node test/support/take-picture.ts docs/console.png");

const order = "000104";
const mostBytes = 300_000;
const demo = await startDemo(["--orders", "9", "--by-hand"]);
const browser = await launchChromium();
try {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    colorScheme: "light",
    locale: "en-US",
  });
  const { page } = await openPage(context, demo.address);
  await signIn(page, demo.address, demo.email, demo.password);
  await page.getByTestId("count-order-Processed").getByText("9").waitFor();
  await goTo(page, "Both systems");
  for (const number of ["000102", order, "000107"]) await page.getByTestId(`buy-${number}`).click();
  for (const number of ["000102", order, "000107"]) {
    await page.getByTestId(`erp-${number}`).getByText("Completed").waitFor({ timeout: 60_000 });
  }
  const take = async (path: string): Promise<void> => {
    await page.mouse.move(0, 0);
    await page.evaluate("document.fonts.ready");
    await page.screenshot({ path, animations: "disabled" });
  };
  if (bothSystems !== undefined) await take(bothSystems);
  if (overview !== undefined) {
    await goTo(page, "Overview");
    await page.getByTestId("count-label-Processed").waitFor();
    await take(overview);
  }
  await openRecord(page, demo.address, "demo", "order", `SO/${order}`);
  await page.getByTestId("labels").locator("[data-state=Processed]").waitFor();
  await take(target);
  const bytes = readFileSync(target).length;
  if (bytes > mostBytes) throw new Error(`${target} has ${bytes} bytes, more than ${mostBytes}.`);
  process.stderr.write(`${target}: ${bytes} bytes\n`);
} finally {
  await browser.close();
  await demo.program.end("SIGTERM");
  await endPrograms();
}
