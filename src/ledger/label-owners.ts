import { recordsByRemote } from "./links.ts";
import { mirrorByIds } from "./mirror.ts";
import type { Label } from "../core/shipments.ts";
import type { Db } from "./schema.ts";

/** What a label says of its order. */
export interface LabelOwner {
  id: string;
  orderId?: number;
  orderKey?: string;
}

/**
 * Which of our orders each label belongs to: by the linked ShipStation order, else by the orderKey we gave it (a label may be
 * printed before the link is written), else by the order that a part was split from. Labels of nobody we know are absent.
 */
export async function ordersOfLabels(
  db: Db,
  connectionId: string,
  labels: readonly LabelOwner[],
): Promise<Map<string, string>> {
  const ids = [...new Set(labels.flatMap((label) => (label.orderId === undefined ? [] : [String(label.orderId)])))];
  const keys = [...new Set(labels.flatMap((label) => label.orderKey ?? []))];
  const byOrderId = await recordsByRemote(db, connectionId, "shipstation", "order", ids);
  const byKey = await recordsByRemoteKey(db, connectionId, keys);
  const byPart = await recordsByParent(db, connectionId, ids);
  const owners = new Map<string, string>();
  for (const label of labels) {
    const owner =
      (label.orderId === undefined ? undefined : byOrderId.get(String(label.orderId))) ??
      (label.orderKey === undefined ? undefined : byKey.get(label.orderKey)) ??
      (label.orderId === undefined ? undefined : byPart.get(String(label.orderId)));
    if (owner !== undefined) owners.set(label.id, owner);
  }
  return owners;
}

/** Of orders that the mirror knows as parts: the records of those they were split from. */
async function recordsByParent(db: Db, connectionId: string, ids: readonly string[]): Promise<Map<string, string>> {
  const parts = (await mirrorByIds(db, connectionId, ids)).flatMap(({ orderId, parentId }) =>
    parentId === undefined ? [] : [{ orderId, parentId }],
  );
  const parents = parts.map(({ parentId }) => parentId);
  const owners = await recordsByRemote(db, connectionId, "shipstation", "order", parents);
  return new Map(
    parts.flatMap(({ orderId, parentId }) => {
      const owner = owners.get(parentId);
      return owner === undefined ? [] : [[orderId, owner]];
    }),
  );
}

async function recordsByRemoteKey(db: Db, connectionId: string, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom("records")
    .select(["remote_key", "key"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", "order")
    .where("remote_key", "in", keys)
    .execute();
  return new Map(rows.map((row) => [row.remote_key ?? "", row.key]));
}

/** Every label record of an order, oldest first, with its source. */
export async function labelsOfOrder(db: Db, connectionId: string, orderKey: string) {
  const rows = await db
    .selectFrom("records")
    .select(["key", "state", "source", "first_seen_at"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", "label")
    .where("parent_key", "=", orderKey)
    .orderBy("first_seen_at")
    .orderBy("key")
    .execute();
  return rows.map((row) => ({
    key: row.key,
    state: row.state,
    label: row.source as Label,
    firstSeenAt: row.first_seen_at,
  }));
}

/** Of these labels, those that belong to a ShipStation order and whose record does not say that they are voided. */
export async function labelsNotVoided(
  db: Db,
  connectionId: string,
  ids: readonly string[],
): Promise<{ id: string; orderId: number }[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("records")
    .select(["key", "source"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", "label")
    .where("key", "in", ids)
    .execute();
  return rows.flatMap((row) => {
    const { orderId, voided } = row.source as Partial<Label>;
    return voided === true || orderId === undefined ? [] : [{ id: row.key, orderId }];
  });
}
