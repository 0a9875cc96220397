import { effectsOf, timelineOf, type EffectView, type TimelineEntry } from "./timeline.ts";
import { listColumns, viewsOf, type ListRow, type RecordView } from "./views.ts";
import type { Db, RecordKind, SystemName } from "./schema.ts";

export interface PlanView {
  planId: string;
  warehouse: string;
  state: string;
  plan: unknown;
  shipmentNbr: string | null;
  labelIds: string[];
  createdAt: string;
  updatedAt: string;
}

export interface LinkView {
  kind: RecordKind;
  key: string;
  system: SystemName;
  remoteId: string;
  createdAt: string;
}

export interface RecordDetail {
  record: RecordView;
  source: unknown;
  labels: RecordView[];
  links: LinkView[];
  plans: PlanView[];
  effects: EffectView[];
  timeline: TimelineEntry[];
}

/** Most labels of one order that are shown with it. */
const labelsShown = 200;

/** One record with everything known about it; undefined if there is none. An order's story includes its labels'. */
export async function findRecord(
  db: Db,
  connectionId: string,
  kind: RecordKind,
  key: string,
): Promise<RecordDetail | undefined> {
  const row = await db
    .selectFrom("records")
    .select([...listColumns, "source"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "=", key)
    .executeTakeFirst();
  if (!row) return undefined;
  const labelRows = kind === "order" ? await labelsOf(db, connectionId, key) : [];
  const subjects = [row, ...labelRows].map((each) => ({ kind: each.kind, key: each.key }));
  const [views, links, plans, effects] = await Promise.all([
    viewsOf(db, [row, ...labelRows]),
    linksOfSubjects(db, connectionId, subjects),
    plansOf(db, connectionId, kind, key),
    effectsOf(db, connectionId, subjects),
  ]);
  const [record, ...labels] = views;
  if (!record) return undefined;
  const timeline = await timelineOf(db, connectionId, subjects, effects);
  return { record, source: row.source, labels, links, plans, effects, timeline };
}

/** What a record was made of; undefined if there is none. */
export async function findRecordSource(db: Db, connectionId: string, kind: RecordKind, key: string): Promise<unknown> {
  const row = await db
    .selectFrom("records")
    .select("source")
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "=", key)
    .executeTakeFirst();
  return row?.source;
}

function labelsOf(db: Db, connectionId: string, orderKey: string): Promise<ListRow[]> {
  return db
    .selectFrom("records")
    .select(listColumns)
    .where("connection_id", "=", connectionId)
    .where("parent_key", "=", orderKey)
    .where("kind", "=", "label")
    .orderBy("first_seen_at")
    .orderBy("key")
    .limit(labelsShown)
    .execute();
}

async function linksOfSubjects(
  db: Db,
  connectionId: string,
  subjects: readonly { kind: RecordKind; key: string }[],
): Promise<LinkView[]> {
  const rows = await db
    .selectFrom("links")
    .select(["kind", "key", "system", "remote_id", "created_at"])
    .where("connection_id", "=", connectionId)
    .where((eb) =>
      eb(
        eb.refTuple("kind", "key"),
        "in",
        subjects.map((subject) => eb.tuple(subject.kind, subject.key)),
      ),
    )
    .orderBy("created_at")
    .orderBy("remote_id")
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    key: row.key,
    system: row.system,
    remoteId: row.remote_id,
    createdAt: row.created_at.toISOString(),
  }));
}

async function plansOf(db: Db, connectionId: string, kind: RecordKind, key: string): Promise<PlanView[]> {
  let select = db.selectFrom("shipment_plans").selectAll().where("connection_id", "=", connectionId);
  select =
    kind === "order"
      ? select.where("order_key", "=", key)
      : select.where("plan_id", "in", (eb) =>
          eb
            .selectFrom("plan_labels")
            .select("plan_id")
            .where("connection_id", "=", connectionId)
            .where("label_id", "=", key),
        );
  const rows = await select.orderBy("created_at").orderBy("plan_id").execute();
  if (rows.length === 0) return [];
  const labels = await db
    .selectFrom("plan_labels")
    .select(["plan_id", "label_id"])
    .where("connection_id", "=", connectionId)
    .where(
      "plan_id",
      "in",
      rows.map((row) => row.plan_id),
    )
    .orderBy("label_id")
    .execute();
  return rows.map((row) => ({
    planId: row.plan_id,
    warehouse: row.warehouse,
    state: row.state,
    plan: row.plan,
    shipmentNbr: row.shipment_nbr,
    labelIds: labels.filter((label) => label.plan_id === row.plan_id).map((label) => label.label_id),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}
