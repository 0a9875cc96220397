import { startSandbox, install } from "../support/service.ts";
import { until, type Program } from "../support/processes.ts";

const endsWithinMs = 60_000;

/**
 * Two services started at once on one data directory, again and again, the owner of the round before having been killed: each time
 * exactly one goes on, and the other one ends, saying why. Returns what was otherwise.
 */
export async function twoStarts(rounds: number, tell: (line: string) => void): Promise<string[]> {
  const sandbox = await startSandbox(0);
  const service = await install("embedded", sandbox.origins);
  const violations: string[] = [];
  try {
    await service.start();
    await service.end("SIGKILL");
    for (let round = 1; round <= rounds; round += 1) {
      const both: [Program, Program] = [service.begin(), await service.startAnother()];
      const loser = await until("one of two to end", () => Promise.resolve(both.find((one) => !one.isRunning())), {
        ...{ withinMs: endsWithinMs, needs: [] },
      }).catch(() => undefined);
      const winner = both.find((one) => one !== loser)!;
      const exit = await loser?.ended;
      if (!loser) violations.push(`round ${round}: both go on`);
      else if (exit?.code !== 1 || !loser.output().includes("is in use by process"))
        violations.push(`round ${round}: ${JSON.stringify(exit)} ${loser.output()}`);
      if (!(await isServing(winner))) violations.push(`round ${round}: none goes on: ${winner.output()}`);
      await Promise.all(both.map((one) => one.end("SIGKILL")));
      tell(`two starts ${round}/${rounds}`);
    }
  } finally {
    await service.remove();
    await sandbox.program.end("SIGKILL");
  }
  return violations;
}

/** It has opened the database, and says so. */
function isServing(program: Program): Promise<boolean> {
  return until("the other to serve", () => Promise.resolve(program.output().includes("ml-connector is running")), {
    ...{ withinMs: endsWithinMs, needs: [program] },
  }).then(
    () => true,
    () => false,
  );
}
