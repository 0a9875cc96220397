import type { ConnectorRecord, ReplayAnswer, ReplayRequest } from "./api.ts";
import { request } from "./request.ts";

const replay = (wanted: ReplayRequest): Promise<ReplayAnswer> => request("POST", "/api/v1/replay", wanted);

const sum = (answers: ReplayAnswer[]): ReplayAnswer => ({
  matched: answers.reduce((total, answer) => total + answer.matched, 0),
  replayed: answers.reduce((total, answer) => total + answer.replayed, 0),
  keys: answers.flatMap((answer) => answer.keys),
});

/** One request names records of one connection and kind, so a mixed selection becomes several, one after the other. */
export async function replayRecords(
  records: Pick<ConnectorRecord, "connectionId" | "kind" | "key">[],
): Promise<ReplayAnswer> {
  const groups = Map.groupBy(records, ({ connectionId, kind }) => `${connectionId} ${kind}`);
  const answers: ReplayAnswer[] = [];
  for (const [first, ...others] of groups.values()) {
    if (!first) continue;
    const keys = [first, ...others].map(({ key }) => key);
    answers.push(await replay({ connection: first.connectionId, kind: first.kind, keys }));
  }
  return sum(answers);
}

/** The same filter over each of the connections; with `dryRun` it only counts. */
export async function replayMatching(
  connections: string[],
  filter: Omit<ReplayRequest, "connection">,
): Promise<ReplayAnswer> {
  const answers: ReplayAnswer[] = [];
  for (const connection of connections) answers.push(await replay({ connection, ...filter }));
  return sum(answers);
}

export const replayedText = ({ replayed }: ReplayAnswer): string =>
  replayed === 1 ? "1 record is being planned again." : `${replayed} records are being planned again.`;
