import type { App } from "../../src/app.ts";
import { demoCredentials } from "../../src/cli/demo-world.ts";
import type { Random } from "../../src/lib/random.ts";
import type { AcumaticaSandbox, AcumaticaSandboxOptions } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { clientIn } from "../support/consent.ts";
import { askApi } from "./api.ts";
import type { FaultKind } from "./faults.ts";
import type { Timeline } from "./timeline.ts";

/** How a seed's connections sign in to Acumatica by a person's consent. */
export interface OAuthPlan {
  /** What the seed has besides the faults it draws. */
  faults: readonly FaultKind[];
  /** How the site is set up for it. */
  acumatica: Pick<AcumaticaSandboxOptions, "accessTokenSeconds" | "refreshGraceSeconds">;
}

const share = 0.14;

/** In some seeds, and in all that are to lose refresh tokens. Tokens live for minutes, or a story would see none renewed. */
export function drawOAuth(
  stream: (number: number) => Random,
  only: readonly FaultKind[] | undefined,
): OAuthPlan | undefined {
  // A stream of which the seeds that are kept by name draw none.
  const isDrawn = stream(53).next() < share;
  if (!isDrawn && only?.includes("refresh-token-lost") !== true) return undefined;
  const random = stream(21);
  const losesTokens = random.next() < 0.6;
  return {
    faults: losesTokens && only === undefined ? ["refresh-token-lost"] : [],
    acumatica: {
      accessTokenSeconds: 40 + Math.floor(random.next() * 160),
      refreshGraceSeconds: random.next() < 0.25 ? 600 : 0,
    },
  };
}

/** The address of the connection's file, with a connected application in place of a name and a password. */
export function byOAuth(address: Record<string, unknown>): Record<string, unknown> {
  const { username: _, password: __, ...rest } = address;
  return { ...rest, ...clientIn(String(address["tenant"])), signIn: "oauth-code" };
}

/** How long a person takes in Acumatica's pages. */
const consentMs = 5_000;

/** A person presses Authorise, signs in to Acumatica in the browser, allows it, and comes back. Throws where one of it did not work. */
export async function giveConsent(
  { timeline, acumatica }: { timeline: Timeline; acumatica: AcumaticaSandbox },
  app: App,
  connectionId: string,
): Promise<void> {
  const begun = await askApi(app, connectionId, "authorise");
  const { url } = (await begun.json()) as { url?: string };
  if (url === undefined) throw new Error(`asking for consent answered ${begun.status}`);
  const { username, password } = demoCredentials;
  const body = new URLSearchParams({ username, password, decision: "allow" }).toString();
  const back = await new Promise<URL>((resolve, reject) => {
    timeline.after(consentMs, timeline.world, "", async () => {
      const answer = await acumatica.fetch(new Request(url, { method: "POST", body }));
      const location = answer.headers.get("location");
      timeline.note(`people: consent for ${connectionId}`);
      if (location === null) reject(new Error(`the consent page answered ${answer.status}`));
      else resolve(new URL(location));
    });
  });
  const answer = await app.web.request(`${back.pathname}${back.search}`);
  if (answer.status !== 200) throw new Error(`the way back answered ${answer.status}`);
}
