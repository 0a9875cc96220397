import { OperationNodeTransformer, ValueNode, type KyselyPlugin, type RawNode } from "kysely";
import { withAuditLast } from "../../src/ledger/audit.ts";
import type { Db } from "../../src/ledger/schema.ts";
import type { Timeline } from "./timeline.ts";

const word = "clock_timestamp()";

/** The server's own clock shows the world's time, whatever the clocks of the processes show. */
export function withServerClock(db: Db, timeline: Timeline): Db {
  const transformer = new ServerClock(timeline);
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: ({ result }) => Promise.resolve(result),
  };
  return withAuditLast(db.withPlugin(plugin));
}

class ServerClock extends OperationNodeTransformer {
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    super();
    this.#timeline = timeline;
  }

  protected override transformRaw(node: RawNode, queryId?: Parameters<OperationNodeTransformer["transformNode"]>[1]) {
    const raw = super.transformRaw(node, queryId);
    if (!raw.sqlFragments.some((text) => text.includes(word))) return raw;
    const now = ValueNode.create(new Date(this.#timeline.now()));
    const sqlFragments: string[] = [];
    const parameters: RawNode["parameters"][number][] = [];
    for (const [index, text] of raw.sqlFragments.entries()) {
      const [first = "", ...others] = text.split(word);
      sqlFragments.push(first, ...others.map((part) => `::timestamptz${part}`));
      parameters.push(...others.map(() => now));
      const parameter = raw.parameters[index];
      if (parameter) parameters.push(parameter);
    }
    return { ...raw, sqlFragments, parameters };
  }
}
