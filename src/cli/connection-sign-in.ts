import { z } from "zod";
import { systemClock } from "../lib/clock.ts";
import { ApiFailure, type Api } from "./api.ts";
import { UsageError, type Answer } from "./client-command.ts";
import type { Terminal } from "./terminal.ts";

/** Verbs of `connection` about signing in to Acumatica. */
export const signInVerbs = ["authorise", "company", "confirm-company"] as const;
type SignInVerb = (typeof signInVerbs)[number];

export const isSignInVerb = (verb: string): verb is SignInVerb => signInVerbs.some((known) => known === verb);

const lookEveryMs = 1_000;

const consent = z.object({ url: z.string(), expiresAt: z.string() });
const connections = z.object({
  connections: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      authorisation: z.object({ authorisedAt: z.string().nullable(), endsAt: z.string().nullable() }).nullable(),
    }),
  ),
});
const company = z.object({
  tenant: z.string(),
  here: z.object({ id: z.string(), title: z.string() }).nullable(),
  expected: z.object({ title: z.string(), confirmedAt: z.string().nullable() }).nullable(),
  isExpected: z.boolean(),
});

interface Asked {
  id: string;
  path: string;
  json: boolean;
  company: string | undefined;
}

export async function runSignIn(verb: SignInVerb, api: Api, asked: Asked, terminal: Terminal): Promise<Answer> {
  switch (verb) {
    case "authorise":
      return await authorise(api, asked, terminal);
    case "company":
      return companyAnswer(asked.id, await api.post(`${asked.path}/company`));
    case "confirm-company": {
      if (asked.company === undefined) {
        throw new UsageError(
          `Say which company: see "connection company ${asked.id}", and give its id with --company.`,
        );
      }
      return companyAnswer(asked.id, await api.post(`${asked.path}/company/confirm`, { company: asked.company }));
    }
  }
}

/** Prints the address, and waits until somebody has given consent there. */
async function authorise(api: Api, { id, path, json }: Asked, terminal: Terminal): Promise<Answer> {
  const find = async () => connections.parse(await api.get("/connections")).connections.find((each) => each.id === id);
  const before = (await find())?.authorisation?.authorisedAt ?? null;
  const { url, expiresAt } = consent.parse(await api.post(`${path}/authorise`));
  const say = (line: string): void => (json ? terminal.err(line) : terminal.out(line));
  say("Open this address in a browser, sign in to Acumatica and give consent:");
  say(url);
  for (;;) {
    const now = await find();
    if (now?.authorisation?.authorisedAt && now.authorisation.authorisedAt !== before) {
      const until =
        now.authorisation.endsAt === null ? "" : ` The consent lasts until ${now.authorisation.endsAt.slice(0, 10)}.`;
      return { json: now, lines: [`${id} is authorised, and ${now.state}.${until}`], good: true };
    }
    if (systemClock.now() >= Date.parse(expiresAt)) {
      throw new ApiFailure("acumatica.authorise-again", "Nobody gave consent in time.", "Run this again.");
    }
    await systemClock.sleep(lookEveryMs);
  }
}

function companyAnswer(id: string, answer: unknown): Answer {
  const { tenant, here, expected, isExpected } = company.parse(answer);
  const confirmed = expected?.confirmedAt
    ? `confirmed on ${expected.confirmedAt.slice(0, 10)}`
    : "not confirmed by anybody yet";
  const lines = [
    `Tenant ${tenant} is known by: ${here?.title ?? "nothing; it has neither stock items nor customers"}.`,
    ...(expected === null || isExpected
      ? []
      : [`Expected: ${expected.title}. This is another company; nothing is written to it.`]),
    ...(isExpected ? [`That is the company of this connection, ${confirmed}.`] : []),
    ...(here === null || (isExpected && expected?.confirmedAt)
      ? []
      : [`If it is the right one: ml-connector connection confirm-company ${id} --company ${here.id}`]),
  ];
  return { json: answer, lines, good: expected === null || isExpected };
}
