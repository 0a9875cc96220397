import { expect, test } from "vitest";
import { ConnectorError } from "../lib/errors.ts";
import { createBreakerFetch } from "./breaker-fetch.ts";

/** What a breaker is told of one call that fails so. */
async function toldOf(thrown: Error): Promise<string[]> {
  const told: string[] = [];
  const tell = (what: string) => (): Promise<void> => {
    told.push(what);
    return Promise.resolve();
  };
  const breaker = { pass: tell("passed"), failed: tell("failed"), worked: tell("worked") };
  const fetch = createBreakerFetch(() => Promise.reject(thrown), breaker);
  await expect(fetch(new Request("https://erp.example/"))).rejects.toBe(thrown);
  return told;
}

test("a call that could not be made says that the system is down", async () => {
  expect(await toldOf(new ConnectorError("network.unreachable"))).toEqual(["passed", "failed"]);
});

test("a write that we did not send, because its worker stood still, says nothing of the system", async () => {
  expect(await toldOf(new ConnectorError("claim.lost"))).toEqual(["passed"]);
});
