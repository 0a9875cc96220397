import { z } from "zod";
import { ApiFailure, type Api } from "./api.ts";
import { runClientCommand, UsageError, type Answer } from "./client-command.ts";
import { printable, processTerminal, table, type Terminal } from "./terminal.ts";

const help = `
ml-connector records list               list records, the newest change first
ml-connector records show ID KEY        show one record of connection ID with its story, such as: records show acme SO/000123

  --connection ID    of one connection
  --kind KIND        order, label, item or customer; show needs it for the last two
  --state STATE      Prepared, Processed, Failed, Aborted, Filtered, Skipped or Waiting
  --search TEXT      order number, customer, SKU, tracking number or ShipStation order id
  --limit N          how many (50)
  --json             answer in JSON
`.trimStart();

const options = {
  connection: { type: "string" },
  kind: { type: "string" },
  state: { type: "string" },
  search: { type: "string" },
  limit: { type: "string" },
} as const;

const record = z.object({
  connectionId: z.string(),
  kind: z.string(),
  key: z.string(),
  state: z.string(),
  title: z.string().nullable(),
  reason: z.object({ text: z.string(), cure: z.string() }).nullable(),
  problems: z.array(z.object({ field: z.string(), found: z.string(), cure: z.string() })),
  dueAt: z.string().nullable(),
  changedAt: z.string(),
  shipstationOrderId: z.string().nullable(),
  trackingNumbers: z.array(z.string()),
  shipmentNbrs: z.array(z.string()),
});
const page = z.object({ records: z.array(record.loose()), next: z.string().nullable() });

const entry = z.discriminatedUnion("type", [
  z.object({ at: z.string(), type: z.literal("audit"), actor: z.string(), event: z.string(), detail: z.unknown() }),
  z.object({
    at: z.string(),
    type: z.literal("exchange"),
    system: z.string(),
    method: z.string(),
    url: z.string(),
    status: z.number().nullable(),
    tookMs: z.number(),
    failure: z.string().nullable(),
  }),
  z.object({ at: z.string(), type: z.literal("effect"), effectKey: z.string(), state: z.string() }),
]);
const detail = z.object({ record, labels: z.array(record), timeline: z.array(entry) });
const parcels = z.object({
  parcels: z.array(z.object({ label: z.string(), trackingUrl: z.string().nullable(), hasPdf: z.boolean() })),
  notice: z.string().nullable(),
});

/** The API's largest page. */
const largestPage = 200;

/** `records`: list or show. */
export function runRecords(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options,
    run: async ({ values, words, api }) => {
      const [verb, ...rest] = words;
      if (verb === "list" && rest.length === 0) return await list(api, values);
      if (verb === "show" && rest.length === 2) return await show(api, rest[0] ?? "", rest[1] ?? "", values.kind);
      throw new UsageError(verb === "show" ? "Name the connection and the record's key." : "Say list or show.");
    },
  });
}

async function list(api: Api, values: Partial<Record<keyof typeof options, string>>): Promise<Answer> {
  const { limit, ...filters } = values;
  const wanted = limit === undefined ? 50 : Number(limit);
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new UsageError(`--limit must be a whole number, not "${limit ?? ""}".`);
  const records: z.output<typeof page>["records"] = [];
  let next: string | null = null;
  do {
    const size = Math.min(largestPage, wanted - records.length);
    const query = { ...filters, limit: String(size), after: next ?? undefined };
    const answer: z.output<typeof page> = page.parse(await api.get("/records", query));
    records.push(...answer.records);
    next = answer.next;
  } while (next !== null && records.length < wanted);
  const rows = records.map((row) => [row.connectionId, row.kind, row.key, row.state, row.changedAt, summaryOf(row)]);
  const lines =
    rows.length === 0 ? ["No record matches."] : table(["CONNECTION", "KIND", "KEY", "STATE", "CHANGED", "WHAT"], rows);
  return {
    json: { records, next },
    lines: next === null ? lines : [...lines, "There are more: raise --limit."],
    good: true,
  };
}

function summaryOf({ title, reason, trackingNumbers }: z.output<typeof record>): string {
  return [title, trackingNumbers.join(", "), reason?.text].filter((part) => part).join("; ");
}

async function show(api: Api, connection: string, key: string, kind: string | undefined): Promise<Answer> {
  // Keys of orders are "SO/000123", those of labels "S87654321".
  const guessed = kind ?? (key.includes("/") ? "order" : "label");
  const path = ["records", connection, guessed, key].map(encodeURIComponent).join("/");
  const answer = await api.get(`/${path}`);
  const found = detail.parse(answer);
  const parcelsAnswer = await api.get(`/${path}/parcels`).catch((thrown: unknown) => {
    // Asked too often, for one: the record itself is shown all the same.
    if (thrown instanceof ApiFailure) return { parcels: [], notice: thrown.message };
    throw thrown;
  });
  const { record: row, labels, timeline } = found;
  const lines = [
    `${row.kind} ${row.key} of ${row.connectionId}: ${row.state}`,
    ...(row.title === null ? [] : [`  ${row.title}`]),
    ...(row.reason === null ? [] : [`  ${row.reason.text}`, `  Do: ${row.reason.cure}`]),
    ...row.problems.map(({ field, found: there, cure }) => `  - ${field} (${there}): ${cure}`),
    ...(row.dueAt === null ? [] : [`  due ${row.dueAt}`]),
    ...(row.shipstationOrderId === null ? [] : [`  ShipStation order ${row.shipstationOrderId}`]),
    ...(row.shipmentNbrs.length === 0 ? [] : [`  shipment ${row.shipmentNbrs.join(", ")}`]),
    ...(row.trackingNumbers.length === 0 ? [] : [`  tracking ${row.trackingNumbers.join(", ")}`]),
    ...labels.map((label) => `  label ${label.key}: ${label.state} ${summaryOf(label)}`),
    ...parcelLines(connection, parcels.parse(parcelsAnswer)),
    "",
    ...timeline.map((at) => `  ${at.at}  ${eventOf(at)}`),
  ];
  return { json: { ...(answer as object), parcels: parcelsAnswer }, lines: lines.map(printable), good: true };
}

function parcelLines(connection: string, found: z.output<typeof parcels>): string[] {
  return [
    ...found.parcels.flatMap(({ label, trackingUrl, hasPdf }) => [
      ...(trackingUrl === null ? [] : [`  ${label} travels: ${trackingUrl}`]),
      ...(hasPdf ? [`  ${label} as PDF: ml-connector label pdf ${connection} ${label} --out ${label}.pdf`] : []),
    ]),
    ...(found.notice === null ? [] : [`  ${found.notice}`]),
  ];
}

function eventOf(at: z.output<typeof entry>): string {
  switch (at.type) {
    case "audit":
      return `${at.actor}  ${at.event}  ${JSON.stringify(at.detail)}`;
    case "exchange":
      return `${at.system}  ${at.method} ${at.url}  ${at.failure ?? at.status ?? ""}  ${at.tookMs} ms`;
    case "effect":
      return `effect  ${at.effectKey}  ${at.state}`;
  }
}
