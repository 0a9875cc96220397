import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { configPages } from "./describe.ts";
import { environmentSchema } from "./config.ts";

test.for(configPages())("$path is fresh (node src/config/describe.ts writes it)", ({ path, text }) => {
  expect(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8")).toBe(text);
});

test.for(configPages())("$path names every setting", ({ text }) => {
  for (const name of Object.keys(environmentSchema.shape)) expect(text).toContain(name);
});
