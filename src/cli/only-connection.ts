import { z } from "zod";
import type { Api } from "./api.ts";
import { UsageError } from "./client-command.ts";

/** The connection that is meant: the one named, or the only one there is. */
export async function chosenConnection(api: Api, words: readonly string[]): Promise<string> {
  if (words.length > 1) throw new UsageError("Name one connection.");
  return words[0] ?? (await onlyConnection(api));
}

async function onlyConnection(api: Api): Promise<string> {
  const { connections } = z
    .object({ connections: z.array(z.object({ id: z.string() })) })
    .parse(await api.get("/connections"));
  const [only] = connections;
  if (only && connections.length === 1) return only.id;
  if (!only) throw new UsageError("There is no connection yet: add one with connection add --file FILE.");
  throw new UsageError(`Say which connection: ${connections.map(({ id }) => id).join(", ")}.`);
}
