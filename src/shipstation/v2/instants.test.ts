import { expect, test } from "vitest";
import { instantFrom } from "./instants.ts";

test.each([
  ["2026-08-12T19:46:28.8Z", "2026-08-12T19:46:28.800Z"],
  ["2026-08-12T19:46:28.08Z", "2026-08-12T19:46:28.080Z"],
  ["2026-08-12T19:46:28.447Z", "2026-08-12T19:46:28.447Z"],
  ["2026-08-12T19:46:28.1479043Z", "2026-08-12T19:46:28.147Z"],
  ["2026-08-12T19:46:28Z", "2026-08-12T19:46:28.000Z"],
  ["2026-08-12T12:46:28.5-07:00", "2026-08-12T19:46:28.500Z"],
])("an instant of V2 is UTC with one, two, three, seven or no decimals: %s", (text, instant) => {
  expect(new Date(instantFrom(text) ?? 0).toISOString()).toBe(instant);
});

test.each([undefined, "", "2026-08-12", "2026-08-12T19:46:28", "2026-13-45T19:46:28Z", "08/12/2026 19:46:28"])(
  "a text without a zone is no instant: %s",
  (text) => {
    expect(instantFrom(text)).toBeUndefined();
  },
);
