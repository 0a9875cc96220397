import { z } from "zod";
import type { Api } from "./api.ts";
import { runClientCommand, UsageError, type Answer } from "./client-command.ts";
import { chosenConnection } from "./only-connection.ts";
import { printable, processTerminal, table, type Terminal } from "./terminal.ts";
import { readFileSync } from "node:fs";

const names = ["ship-via", "ship-from", "box", "store"];
const help = `
ml-connector tables show [ID]                        the value tables, and the codes seen that no row has
ml-connector tables choices [ID]                     the same with everything both systems have on offer now
ml-connector tables set ID TABLE --file FILE         replace a table ("-" reads standard input)
ml-connector tables set ID TABLE --row ROW ...       add one row, or replace the one for the same codes
ml-connector tables set ID TABLE --default CODE      what is used where no row fits; - for nothing

  --remove ROW    take the row out that is for these codes
  --json          answer in JSON

TABLE is ship-via, ship-from, box or store. ROW is written as:
  ship-via     CARRIER/SERVICE[/PACKAGE]=SHIPVIA[:DIRECTION], such as ups_walleted/ups_ground=UPSGROUND:both
               DIRECTION is label (when left out), order or both; SERVICE * stands for every service of the carrier
  ship-from    WAREHOUSE=ID of the ShipStation warehouse
  box          PACKAGE=BOX
  store        ORDERTYPE=ID of the ShipStation store
FILE is JSON: { "rows": [ ... ], "default": ... } as "tables show --json" prints it. Every code is checked against the live
lists of both systems before the table is stored; the next run uses it.
`.trimStart();

const code = z.union([z.string(), z.number()]);
const row = z.record(z.string(), code);
const oneTable = z.object({ rows: z.array(row), default: code.nullable() });
const named = z.object({ code: z.string(), name: z.string().nullable() });
const answer = z.object({
  connection: z.string(),
  tables: z.record(z.string(), oneTable),
  unmapped: z.array(
    z.object({
      table: z.string(),
      list: z.string(),
      code: z.string(),
      seen: z.number(),
      lastSeenAt: z.string(),
      example: z.string(),
    }),
  ),
  choices: z
    .object({
      shipVias: z.array(named),
      boxes: z.array(named),
      warehouses: z.array(named),
      carriers: z.array(named.extend({ services: z.array(named), packages: z.array(named) })),
      shipFroms: z.array(z.object({ id: z.number(), name: z.string().nullable() })),
      stores: z.array(z.object({ id: z.number(), name: z.string().nullable(), marketplace: z.string().nullable() })),
      errors: z.array(z.object({ list: z.string(), message: z.string(), cure: z.string() })),
    })
    .nullable(),
});
type Tables = z.output<typeof answer>;
type Row = z.output<typeof row>;

const options = {
  file: { type: "string" },
  row: { type: "string" },
  remove: { type: "string" },
  default: { type: "string" },
} as const;

/** `tables`: show, choices, set. */
export function runTables(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options,
    run: async ({ values, words, api }) => {
      const [verb, ...rest] = words;
      if (verb === "set") return set(api, rest, values, terminal);
      if (verb !== "show" && verb !== "choices") throw new UsageError("Say show, choices or set.");
      const id = await chosenConnection(api, rest);
      const query = verb === "choices" ? "?choices=true" : "";
      const found = await api.get(`/connections/${encodeURIComponent(id)}/tables${query}`);
      return { json: found, lines: linesOf(answer.parse(found)), good: true };
    },
  });
}

type Values = { [Name in keyof typeof options]?: string };

async function set(api: Api, words: readonly string[], values: Values, terminal: Terminal): Promise<Answer> {
  const [id, name, ...more] = words;
  if (id === undefined || name === undefined || more.length > 0)
    throw new UsageError("Name the connection and the table.");
  if (!names.includes(name)) throw new UsageError(`There is no table "${name}"; there are ${names.join(", ")}.`);
  if (Object.keys(values).length !== 1) throw new UsageError("Give one of --file, --row, --remove and --default.");
  const path = `/connections/${encodeURIComponent(id)}/tables`;
  const wanted =
    values.file === undefined
      ? edited(name, answer.parse(await api.get(path)).tables[name] ?? { rows: [], default: null }, values)
      : await fromFile(values.file, terminal);
  const stored = await api.put(`${path}/${name}`, wanted);
  return { json: stored, lines: linesOf(answer.parse(stored)), good: true };
}

async function fromFile(file: string, terminal: Terminal): Promise<unknown> {
  try {
    return JSON.parse((file === "-" ? await terminal.readInput() : readFileSync(file, "utf8")).replace(/^\uFEFF/, ""));
  } catch (error) {
    const what = error instanceof SyntaxError ? "is not valid JSON" : "cannot be read";
    throw new UsageError(`${file === "-" ? "Standard input" : file} ${what}.`);
  }
}

function edited(name: string, { rows, default: fallback }: z.output<typeof oneTable>, values: Values) {
  if (values.default !== undefined) {
    const isId = name === "store" && /^\d+$/.test(values.default);
    return { rows, default: values.default === "-" ? null : isId ? Number(values.default) : values.default };
  }
  const wanted = parseRow(name, values.row ?? values.remove ?? "", values.row !== undefined);
  const isSame = (one: Row): boolean => sourceOf(name, one) === sourceOf(name, wanted);
  if (values.remove !== undefined && !rows.some(isSame))
    throw new UsageError(`The table has no row for ${values.remove}.`);
  const kept = rows.filter((one) => !isSame(one));
  return { rows: values.row === undefined ? kept : [...kept, wanted], default: fallback };
}

/** The codes that a row is for: a second one for the same would never be used. */
const sourceOf = (name: string, one: Row): string =>
  (name === "ship-via"
    ? [one["carrier"], one["service"], one["package"] ?? ""]
    : [one["warehouse"] ?? one["orderType"] ?? one["package"]]
  )
    .join("/")
    .toLowerCase();

function parseRow(name: string, text: string, isWhole: boolean): Row {
  const [from = "", to = "", ...more] = text.split("=");
  if (from === "" || more.length > 0 || (isWhole && to === "")) throw new UsageError(`"${text}" is no row of ${name}.`);
  const id = /^\d+$/.test(to) ? Number(to) : to;
  if (name === "ship-from") return { warehouse: from, shipFromId: id };
  if (name === "store") return { orderType: from, storeId: id };
  if (name === "box") return { package: from, box: to };
  const [carrier = "", service, box, ...rest] = from.split("/");
  const [shipVia = "", direction] = to.split(":");
  if (rest.length > 0) throw new UsageError(`"${text}" is no row of ${name}.`);
  return {
    carrier,
    ...(service === undefined ? {} : { service }),
    ...(box === undefined ? {} : { package: box }),
    shipVia,
    ...(direction === undefined ? {} : { direction }),
  };
}

function linesOf({ tables, unmapped, choices }: Tables): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const { rows, default: fallback } = tables[name] ?? { rows: [], default: null };
    lines.push(`${name}${fallback === null ? "" : `, else ${fallback}`}`);
    lines.push(...(rows.length === 0 ? ["  no rows"] : rows.map((one) => `  ${sayRow(name, one)}`)), "");
  }
  if (unmapped.length > 0) {
    lines.push("Seen, and without a row:");
    const seen = unmapped.map((each) => [each.table, each.code, String(each.seen), each.lastSeenAt, each.example]);
    lines.push(...table(["TABLE", "CODE", "SEEN", "LAST", "ON"], seen), "");
  }
  if (choices) lines.push(...choiceLines(choices));
  return lines.map(printable);
}

function sayRow(name: string, one: Row): string {
  const from =
    name === "ship-via"
      ? [one["carrier"], one["service"], one["package"]]
      : [one["warehouse"] ?? one["orderType"] ?? one["package"]];
  const to = one["shipVia"] ?? one["shipFromId"] ?? one["storeId"] ?? one["box"];
  const direction = one["direction"] === undefined || one["direction"] === "label" ? "" : `:${one["direction"]}`;
  return `${from.filter((part) => part !== undefined).join("/")}=${to ?? ""}${direction}`;
}

function choiceLines(choices: NonNullable<Tables["choices"]>): string[] {
  const said = ({ code: is, name }: z.output<typeof named>): string =>
    name === null || name === is ? is : `${is} (${name})`;
  const saidId = ({ id, name }: { id: number; name: string | null }): string => `${id} (${name ?? "no name"})`;
  return [
    "On offer in Acumatica:",
    `  Ship Via codes: ${choices.shipVias.map(said).join(", ")}`,
    `  boxes: ${choices.boxes.map(said).join(", ")}`,
    `  warehouses: ${choices.warehouses.map(said).join(", ")}`,
    "On offer in ShipStation:",
    ...choices.carriers.flatMap((carrier) => [
      `  ${said(carrier)}`,
      `    services: ${carrier.services.map(said).join(", ")}`,
      `    packages: ${carrier.packages.map(said).join(", ")}`,
    ]),
    `  warehouses: ${choices.shipFroms.map(saidId).join(", ")}`,
    `  stores: ${choices.stores.map(saidId).join(", ")}`,
    ...choices.errors.map(({ list, message, cure }) => `  ${list} could not be read: ${message} ${cure}`),
  ];
}
