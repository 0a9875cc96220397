import { serve, type ServerType } from "@hono/node-server";
import { systemClock } from "../lib/clock.ts";

/** Told in one sentence instead of a stack: a program that runs already is the usual reason. */
export class PortInUse extends Error {
  override readonly name = "PortInUse";

  constructor(port: number, hostname: string | undefined) {
    super(
      `Port ${port} of ${hostname ?? "this machine"} is in use. Stop the program that uses it, or choose another port.`,
    );
  }
}

/** Serves, once it listens. Throws PortInUse, or what else the system says. */
export async function listen(options: Parameters<typeof serve>[0]): Promise<ServerType> {
  const server = serve(options);
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new PortInUse(options.port ?? 0, options.hostname) : error),
    );
  });
  return server;
}

/** Takes no more requests; those under way have `graceMs` to end, because one held back would keep the server open for ever. */
export async function stopListening(server: ServerType, graceMs = 0): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const isOver = new AbortController();
  void systemClock.sleep(graceMs, isOver.signal).then(
    () => "closeAllConnections" in server && server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  isOver.abort();
}
