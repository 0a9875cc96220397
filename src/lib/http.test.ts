import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createStillClock } from "../../test/support/still-clock.ts";
import { asConnectorError } from "./errors.ts";
import { exchange, type HttpRequest } from "./http.ts";

const request: HttpRequest = {
  method: "PUT",
  url: new URL("https://erp.example/x"),
  headers: {},
  firstByteMs: 20_000,
  totalMs: 60_000,
  maxBytes: 1_000,
};

test("a write that is not answered within its time for the first byte is in doubt", async () => {
  const clock = createStillClock();
  const failing = exchange({ clock, fetch: () => new Promise(() => undefined) }, request).catch(asConnectorError);
  clock.advance(20_000);
  expect(await failing).toMatchObject({ code: "network.timeout", mayHaveApplied: true });
});

test("an answer that has begun may take until the total time, and no longer", async () => {
  const clock = createStillClock();
  let more: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (more = controller) });
  const answer = exchange({ clock, fetch: () => Promise.resolve(new Response(body)) }, request);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(40_000);
  more?.enqueue(new TextEncoder().encode("late"));
  more?.close();
  expect((await answer).text).toBe("late");

  const endless = exchange({ clock, fetch: () => Promise.resolve(new Response(new ReadableStream())) }, request);
  await new Promise((resolve) => setImmediate(resolve));
  const failing = endless.catch(asConnectorError);
  clock.advance(60_000);
  expect(await failing).toMatchObject({ code: "network.timeout" });
});

test("the deadline reaches the socket after the memory of what nobody holds was collected", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const clock = createStillClock();
  let socket: AbortSignal | undefined;
  const fetch = ({ signal }: Request): Promise<Response> => {
    socket = signal;
    return new Promise(() => undefined);
  };
  const failing = exchange({ clock, fetch }, request).catch(asConnectorError);
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  clock.advance(60_000);
  expect(await failing).toMatchObject({ code: "network.timeout" });
  expect(socket?.aborted).toBe(true);
});
