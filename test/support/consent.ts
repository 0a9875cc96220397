import { demoCredentials } from "../../src/cli/demo-world.ts";
import { defaultApplications } from "../../src/sandbox/acumatica/options.ts";
import { operatorHeaders } from "./operator.ts";
import { connectionId, type World } from "./world.ts";

const [application] = defaultApplications;
if (!application) throw new Error("the sandbox has no connected application");

/** The sandbox's connected application, as a connection file names it. */
export const clientIn = (tenant: string): { clientId: string; clientSecret: string } => ({
  clientId: `${application.id}@${tenant}`,
  clientSecret: application.secret,
});

/** The demo's connection file, signing in by OAuth. */
export function withOAuth(kind: "oauth-code" | "oauth-password", more: object = {}) {
  return (file: Record<string, unknown>): Record<string, unknown> => {
    const { username, password, ...address } = file["acumatica"] as Record<string, string>;
    const person = kind === "oauth-password" ? { username, password } : {};
    const client = clientIn(address["tenant"] ?? "");
    return { ...file, acumatica: { ...address, ...person, ...client, signIn: kind, ...more } };
  };
}

/** What a person does in the browser on the site's page; gives the address they are sent back to. */
export async function decideIn(
  world: World,
  url: string,
  fields: Record<string, string> = {},
): Promise<URL | undefined> {
  const person = {
    username: demoCredentials.username,
    password: demoCredentials.password,
    decision: "allow",
    ...fields,
  };
  const body = new URLSearchParams(person).toString();
  const answer = await world.sandbox.acumatica.fetch(new Request(url, { method: "POST", body }));
  const location = answer.headers.get("location");
  return answer.status === 302 && location !== null ? new URL(location) : undefined;
}

/** Begins a consent as the operator; gives the address to open. */
export async function askForConsent(world: World): Promise<string> {
  const answer = await world.app.web.request(`/api/v1/connections/${connectionId}/authorise`, {
    method: "POST",
    headers: operatorHeaders(world),
  });
  if (answer.status !== 200) throw new Error(`asking for consent answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { url: string }).url;
}

/** The browser's way back to the connector. */
export const goBack = async (world: World, address: URL, headers: Record<string, string> = {}): Promise<Response> =>
  await world.app.web.request(`${address.pathname}${address.search}`, { headers });

/** The whole of a person's consent. */
export async function giveConsent(world: World): Promise<void> {
  const address = await decideIn(world, await askForConsent(world));
  if (!address) throw new Error("the site gave no consent");
  const answer = await goBack(world, address);
  if (answer.status !== 200) throw new Error(`the way back answered ${answer.status}: ${await answer.text()}`);
}
