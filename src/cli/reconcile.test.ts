import { describe, expect, test } from "vitest";
import { createTerminal } from "../../test/support/terminal.ts";
import { runReconcile } from "./reconcile.ts";

const agreed = {
  connection: "acme",
  since: "2026-01-05T08:00:00.000Z",
  compared: { orders: 12, labels: 3, shipments: 3 },
  differences: [],
  unchecked: 0,
  skipped: 0,
  replayed: null,
};
const differing = {
  ...agreed,
  differences: [
    {
      ...{ kind: "quantities-differ", records: [{ kind: "order", key: "SO/1" }], byReplay: true },
      ...{ text: "It holds other quantities.", cure: "Replay the order." },
      problems: [{ field: "line 1 (TENT)", found: "4 in ShipStation, 5 in Acumatica", cure: "Bring both together." }],
    },
  ],
  skipped: 2,
  replayed: 1,
};

async function run(argv: string[], body: unknown) {
  const { terminal, out, err, asked } = createTerminal({ "POST /connections/acme/reconcile": [200, body] });
  const code = await runReconcile(argv, terminal);
  return { code, out: out.join("\n"), err: err.join("\n"), asked };
}

describe("reconcile", () => {
  test("two systems that agree are a success", async () => {
    const { code, out, asked } = await run(["acme"], agreed);
    expect(code).toBe(0);
    expect(asked[0]?.body).toEqual({});
    expect(out).toMatch(/12 orders, 3 labels, 3 ERP shipments compared\.\nBoth systems agree\./);
  });

  test("each difference is told with its cure; a replay and the days are passed on", async () => {
    const { code, out, asked } = await run(["acme", "--days", "30", "--replay"], differing);
    expect(code).toBe(1);
    expect(asked[0]?.body).toEqual({ days: 30, replay: true });
    expect(out).toMatch(/quantities-differ {2}SO\/1\n {2}It holds other quantities\.\n {2}Do: Replay the order\./);
    expect(out).toMatch(/line 1 \(TENT\) \(4 in ShipStation, 5 in Acumatica\)/);
    expect(out).toMatch(/1 records will be planned again/);
    expect(out).toMatch(/2 records were left out by a person/);
  });

  test("days that are no number are refused before anything is asked", async () => {
    const { code, err, asked } = await run(["acme", "--days", "many"], agreed);
    expect([code, asked]).toEqual([2, []]);
    expect(err).toMatch(/--days/);
  });
});
