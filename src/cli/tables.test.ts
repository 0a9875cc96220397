import { describe, expect, test } from "vitest";
import { createTerminal } from "../../test/support/terminal.ts";
import { runTables } from "./tables.ts";

const rows = [
  { carrier: "ups", service: "ups_ground", shipVia: "UPSGROUND", direction: "both" },
  { carrier: "fedex", service: "*", shipVia: "FEDEX" },
];
const none = { rows: [], default: null };
const answer = {
  connection: "acme",
  tables: { "ship-via": { rows, default: "LOCAL" }, "ship-from": none, box: none, store: none },
  unmapped: [
    {
      ...{ table: "ship-via", list: "service", code: "usps/priority/package", seen: 12 },
      ...{ firstSeenAt: "2026-01-05T08:00:00.000Z", lastSeenAt: "2026-01-06T08:00:00.000Z", example: "S7\u001b[2J" },
    },
  ],
  choices: null,
};

async function run(argv: string[], answers: Record<string, [number, unknown]>) {
  const { terminal, out, err, asked } = createTerminal(answers);
  const code = await runTables(argv, terminal);
  return { code, out, err, asked };
}
const both: Record<string, [number, unknown]> = {
  "GET /connections/acme/tables": [200, answer],
  "PUT /connections/acme/tables/ship-via": [200, answer],
};

describe("tables", () => {
  test("shows each table in the form its rows are set in, and the codes seen without a row", async () => {
    const { code, out } = await run(["show", "acme"], both);
    expect(code).toBe(0);
    const text = out.join("\n");
    expect(text).toContain("ship-via, else LOCAL\n  ups/ups_ground=UPSGROUND:both\n  fedex/*=FEDEX");
    expect(text).toMatch(/ship-via +usps\/priority\/package +12/);
    expect(text).not.toContain("\u001b");
  });

  test("a row is added, or takes the place of the one for the same codes; the rest stays", async () => {
    const { asked } = await run(["set", "acme", "ship-via", "--row", "FEDEX/*=FX2:order"], both);
    expect(asked.at(-1)).toMatchObject({
      body: {
        rows: [rows[0], { carrier: "FEDEX", service: "*", shipVia: "FX2", direction: "order" }],
        default: "LOCAL",
      },
    });
    const added = await run(["set", "acme", "ship-via", "--row", "usps/priority/pak=USPS"], both);
    expect(added.asked.at(-1)).toMatchObject({
      body: { rows: [...rows, { carrier: "usps", service: "priority", package: "pak", shipVia: "USPS" }] },
    });
  });

  test("a row is taken out and a default cleared; a row that is not there is said", async () => {
    const { asked } = await run(["set", "acme", "ship-via", "--remove", "fedex/*"], both);
    expect(asked.at(-1)).toMatchObject({ body: { rows: [rows[0]] } });
    const cleared = await run(["set", "acme", "ship-via", "--default", "-"], both);
    expect(cleared.asked.at(-1)).toMatchObject({ body: { rows, default: null } });
    expect((await run(["set", "acme", "ship-via", "--remove", "dhl/*"], both)).code).toBe(2);
  });

  test.for([
    [["set", "acme", "colours", "--default", "-"], "no table"],
    [["set", "acme", "ship-via"], "one of --file"],
    [["set", "acme"], "Name the connection"],
    [["set", "acme", "box", "--row", "package"], "no row of box"],
    [["look"], "show, choices or set"],
  ] as const)("asked wrongly: %s", async ([argv, told]) => {
    const { code, err } = await run([...argv], both);
    expect(code).toBe(2);
    expect(err.join("\n")).toContain(told);
  });

  test("a refused table tells every field with its cure", async () => {
    const problems = [{ field: "rows[0].service", found: "(missing)", cure: "Name ShipStation's service." }];
    const refused = { error: { code: "connection.invalid", message: "Not stored.", problems } };
    const { code, err } = await run(["set", "acme", "ship-via", "--row", "ups=UPS"], {
      ...both,
      "PUT /connections/acme/tables/ship-via": [422, refused],
    });
    expect(code).toBe(1);
    expect(err.join("\n")).toContain("rows[0].service (missing): Name ShipStation's service.");
  });
});
