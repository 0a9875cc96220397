import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Api } from "./api.ts";
import { runClientCommand, UsageError, type Answer } from "./client-command.ts";
import { isSignInVerb, runSignIn, signInVerbs } from "./connection-sign-in.ts";
import { processTerminal, table, type Terminal } from "./terminal.ts";

const help = `
ml-connector connection add --file FILE    add the connection in FILE ("-" reads standard input)
ml-connector connection update ID --file FILE
                                           change only what FILE holds: credentials in place, settings; null takes a member away
ml-connector connection list               list all connections
ml-connector connection pause ID           let a connection rest
ml-connector connection resume ID          work on it again
ml-connector connection wake ID            run its flows now
ml-connector connection push ID [--renew]  what to enter in Acumatica so that its push notifications ring
ml-connector connection authorise ID       give consent in Acumatica: prints the address to open, and waits until that was done
ml-connector connection company ID         sign in and see which company that is, beside the one that is expected
ml-connector connection confirm-company ID --company C
                                           say that the company there is the right one; C is the id that "company" shows
ml-connector connection allow-sign-in ID   let credentials be tried again that Acumatica refused three times
ml-connector connection remove ID          remove it, its credentials and everything remembered about it

  --json    answer in JSON

FILE is JSON:
{ "name": "Acme",
  "acumatica": { "instanceUrl": "https://erp.example.com/Acme", "tenant": "Acme", "endpointVersion": "24.200.001",
                 "username": "connector", "password": "..." },
  "shipstation": { "apiKey": "...", "apiSecret": "..." } }
With "state": "paused" in it nothing is read or written until the connection is resumed.
`.trimStart();

const view = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  stop: z.object({ text: z.string(), cure: z.string() }).nullable(),
  acumatica: z.object({ instanceUrl: z.string(), tenant: z.string() }),
});
const viewList = z.object({ connections: z.array(view) });

const push = z.object({
  url: z.string(),
  header: z.object({ name: z.string(), value: z.string() }),
  steps: z.array(z.string()),
});

/** `connection`: add, update, list, pause, resume, wake, push, allow-sign-in, remove. */
export function runConnection(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { file: { type: "string" }, renew: { type: "boolean" }, company: { type: "string" } },
    run: async ({ values, words, api, json }) => {
      const [verb, id, ...more] = words;
      if (more.length > 0) throw new UsageError(`Too many words: ${more.join(" ")}.`);
      if (verb === "add") return await add(api, values.file ?? id, terminal);
      if (verb === "list") return await list(api);
      if (verb === undefined || !isVerb(verb)) {
        throw new UsageError(
          verb === undefined ? "Say what to do: add, update, list, remove." : `There is no "connection ${verb}".`,
        );
      }
      if (id === undefined) throw new UsageError(`Say which connection to ${verb}.`);
      const path = `/connections/${encodeURIComponent(id)}`;
      if (verb === "remove") {
        await api.delete(path);
        return { json: { removed: id }, lines: [`Removed ${id}.`], good: true };
      }
      if (verb === "push") return pushAnswer(await api.post(`${path}/push${values.renew === true ? "/renew" : ""}`));
      if (isSignInVerb(verb)) return await runSignIn(verb, api, { id, path, json, company: values.company }, terminal);
      if (verb === "update") return await update(api, path, values.file, terminal);
      const answer = await api.post(`${path}/${verb}`);
      const connection = view.parse(answer);
      return { json: answer, lines: [`${connection.id} is ${connection.state}.`], good: true };
    },
  });
}

/** Those that are about one connection. */
const verbs = ["update", "remove", "pause", "resume", "wake", "push", "allow-sign-in", ...signInVerbs];

const isVerb = (verb: string): boolean => verbs.includes(verb);

/** The key is shown because a person must type it into Acumatica's form. */
function pushAnswer(answer: unknown): Answer {
  const { url, header, steps } = push.parse(answer);
  const lines = [
    `Address       ${url}`,
    `Header name   ${header.name}`,
    `Header value  ${header.value}`,
    ...steps.map((step, index) => `${index + 1}. ${step}`),
  ];
  return { json: answer, lines, good: true };
}

async function add(api: Api, file: string | undefined, terminal: Terminal): Promise<Answer> {
  if (file === undefined) throw new UsageError("Say which file: connection add --file FILE.");
  const answer = await api.post("/connections", parseFile(file, await read(file, terminal)));
  const { id, name, state } = view.parse(answer);
  const added = `Added ${name} (${id})${state === "paused" ? ", paused" : ""}.`;
  return { json: answer, lines: [`${added} See whether it fits: ml-connector ping ${id}`], good: true };
}

async function update(api: Api, path: string, file: string | undefined, terminal: Terminal): Promise<Answer> {
  if (file === undefined) throw new UsageError("Say which file: connection update ID --file FILE.");
  const answer = await api.patch(path, parseFile(file, await read(file, terminal)));
  const { id, name, state } = view.parse(answer);
  const next = state === "active" ? "" : ` It is ${state}; to go on: ml-connector connection resume ${id}`;
  return { json: answer, lines: [`Changed ${name} (${id}).${next}`], good: true };
}

async function read(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return await terminal.readInput();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`);
  }
}

/** The parser's own message quotes the text around the fault, which may be a password. */
function parseFile(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const where = /line \d+ column \d+/.exec(String(error))?.[0];
    throw new UsageError(`${file === "-" ? "Standard input" : file} is not valid JSON${where ? ` (${where})` : ""}.`);
  }
}

async function list(api: Api): Promise<Answer> {
  const answer = await api.get("/connections");
  const { connections } = viewList.parse(answer);
  const rows = connections.map(({ id, name, state, stop, acumatica }) => [
    ...[id, name, acumatica.tenant, acumatica.instanceUrl, stop ? `${state}: ${stop.text} ${stop.cure}` : state],
  ]);
  const lines =
    rows.length === 0 ? ["There is no connection yet."] : table(["ID", "NAME", "TENANT", "ACUMATICA", "STATE"], rows);
  return { json: answer, lines, good: true };
}
