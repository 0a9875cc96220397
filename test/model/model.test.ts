import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openServer, type Server } from "../simulation/database.ts";
import { plantedBugs } from "../simulation/planted.ts";
import { bugsToFind } from "./bugs.ts";
import { explore, type Branches, type Choose } from "./explorer.ts";
import { setTheScene, type Scene } from "./scene.ts";
import { tellStory } from "./story.ts";

/** The share that every run of the tests has; `npm run model` tells all. */
const isCi = process.env["CI"] === "true";

const nowhere: Branches = { mark: () => Promise.resolve(), rewind: () => Promise.resolve() };

describe("the explorer", () => {
  /** Two who do two things each, in any order. */
  const twoOfTwo = async (choose: Choose, state: (done: string) => string): Promise<string> => {
    let done = "";
    for (;;) {
      const left = ["a", "b"].filter((who) => done.split(who).length <= 2);
      if (left.length === 0) return done;
      done += await choose(left, () => Promise.resolve(state(done)));
    }
  };

  test("tells every order in which two workers can do two things each", async () => {
    const told = new Set<string>();
    const explored = await explore(async (choose) => {
      told.add(await twoOfTwo(choose, (done) => done));
      return [];
    }, nowhere);
    expect([...told].sort()).toEqual(["aabb", "abab", "abba", "baab", "baba", "bbaa"]);
    expect(explored).toMatchObject({ stories: 6, ended: 6, complete: true, failure: undefined });
  });

  test("does not go on from a state it knows", async () => {
    const explored = await explore(async (choose) => {
      await twoOfTwo(choose, (done) => Array.from(done).sort().join(""));
      return [];
    }, nowhere);
    expect(explored.ended).toBeLessThan(6);
    expect(explored.states).toBe(8);
  });

  test("tells the choices of the first story that breaks a promise", async () => {
    const explored = await explore(async (choose) => {
      return (await twoOfTwo(choose, (done) => done)) === "abba" ? ["I0: abba"] : [];
    }, nowhere);
    expect(explored.failure).toEqual({ choices: ["a", "b", "b", "a"], violations: ["I0: abba"] });
  });

  test("takes a story that comes back to where it was for one that never ends", async () => {
    const explored = await explore(async (choose) => {
      for (;;) await choose(["on", "back"], () => Promise.resolve("here"));
    }, nowhere);
    expect(explored.failure?.violations).toEqual([expect.stringMatching(/^I12/)]);
  });
});

describe("two workers, one order", () => {
  let server: Server;
  let scene: Scene;
  beforeAll(async () => {
    server = await openServer();
    scene = await setTheScene(server);
  });
  afterAll(async () => {
    await scene.tape.close();
    await server.close();
  });

  test.for([
    ["order", isCi ? 2 : 1, isCi ? 900 : 50],
    ["by-hand", 1, 50],
  ] as const)(
    "keep every promise whatever is lost, late or killed: %s, up to %i faults",
    { timeout: 600_000 },
    async ([opening, faults, least]) => {
      const explored = await explore(
        (choose) => tellStory({ scene, opening, faults, standstills: 0 }, choose),
        scene.tape,
      );
      expect(explored).toMatchObject({ complete: true, failure: undefined });
      expect(explored.stories).toBeGreaterThan(least);
    },
  );

  test("keep every promise when one of them stands still: the first 150 stories", { timeout: 600_000 }, async () => {
    const explored = await explore(
      (choose) => tellStory({ scene, opening: "order", faults: 1, standstills: 1 }, choose),
      scene.tape,
      ({ stories }) => stories >= 150,
    );
    expect(explored.failure).toBeUndefined();
    expect(explored.stories).toBe(150);
  });
});

describe("the model can fail", () => {
  test("what is planted is in the simulation's list", () => {
    const names = plantedBugs.map(({ name }) => name);
    for (const name of bugsToFind) expect(names).toContain(name);
  });

  test.for(bugsToFind.slice(0, isCi ? 3 : 1).map((name) => [name] as const))("it finds: %s", ([name]) => {
    const { stdout } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL("run.ts", import.meta.url)), "--plant", name],
      { encoding: "utf8" },
    );
    expect(stdout).toMatch(/^ {2}I\d+: /m);
    expect(stdout).toMatch(/1 with violations/);
  });
});
