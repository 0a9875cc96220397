import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { install } from "../support/service.ts";
import { until } from "../support/processes.ts";

test("SIGTERM while the service starts ends it in order: exit 0, and the data directory is free", async () => {
  const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
  const service = await install("embedded", origins);
  try {
    const program = service.begin();
    // The directory is taken, and the database is being made: this takes seconds.
    const isBegun = (): Promise<boolean> =>
      Promise.resolve(readdirSync(service.folder).some((name) => name.includes("lock")));
    await until("the data directory to be taken", isBegun, { withinMs: 60_000, needs: [program] });
    expect(await service.isReady()).toBe(false);
    expect(await program.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(readdirSync(service.folder).filter((name) => name.includes("lock"))).toEqual([]);
  } finally {
    await service.remove();
  }
});
