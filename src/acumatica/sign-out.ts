import type { Log } from "../lib/log.ts";
import type { Cookies } from "./cookies.ts";
import { isHtml } from "./error-body.ts";
import { limits, type Site } from "./requests.ts";
import type { Wire } from "./wire.ts";

/**
 * Gives a session back. A web page in place of the answer comes from something in front of Acumatica, which heard nothing of it then: it
 * is asked once more. Never throws: what stays open ends by itself after ten idle minutes, or with its token (facts: acumatica 1.2, 1.3).
 */
export async function sendSignOut(
  { site, wire, log }: { site: Site; wire: Wire; log: Log },
  session: { cookies: Cookies; bearer?: string },
): Promise<void> {
  const ask = async (): Promise<boolean> =>
    !isHtml(await wire({ method: "POST", url: site.signOut, totalMs: limits.signOutMs, ...session }));
  try {
    if ((await ask()) || (await ask())) return;
    log.warn({ path: site.signOut.pathname }, "signing out of Acumatica was answered by a web page twice");
  } catch (thrown) {
    log.warn({ err: thrown }, "signing out of Acumatica failed");
  }
}
