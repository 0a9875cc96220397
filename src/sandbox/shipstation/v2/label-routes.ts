import { voidLabel } from "../labels.ts";
import type { ShipmentRow } from "../tables.ts";
import { malformedId, ok, unknownId, type V2Answer } from "./answers.ts";
import { pageOf, readQuery, sorted } from "./lists.ts";
import { within } from "./order-routes.ts";
import { smallPdf } from "./pdf.ts";
import { downloadPath, renderLabel } from "./render.ts";
import { numberIn } from "./wire.ts";
import type { Answering, V2App, V2World } from "./world.ts";

/** Labels, which V1 calls shipments, their files, and voiding. */
export function addLabelRoutes(app: V2App, world: V2World, answer: Answering): void {
  const { account, options } = world;
  const { shipments } = account.tables;
  const unknown = (id: string): V2Answer =>
    options.unknownLabel === "empty" ? { status: 404 } : unknownId("label_id", id);

  app.get(
    "/v2/labels",
    answer((context) => listLabels(world, new URL(context.req.url))),
  );
  app.get(
    "/v2/labels/:id",
    answer((context) => {
      const id = numberIn(context.req.param("id"));
      if (id === undefined) return malformedId("label_id");
      const label = shipments.get(id);
      return label ? ok(renderLabel(label, downloadsAt(world, context.req.url), options)) : unknown(`se-${id}`);
    }),
  );
  app.put(
    "/v2/labels/:id/void",
    answer((context) => {
      const id = numberIn(context.req.param("id"));
      if (id === undefined) return malformedId("label_id");
      const verdict = voidLabel(account, id);
      if (!verdict) return unknown(`se-${id}`);
      // 200 either way, and two spaces in the sentence (facts: payloads 3.7).
      return ok(
        verdict.approved
          ? { approved: true, message: "Request for refund submitted.  This label has been voided." }
          : { approved: false, message: verdict.message, reason_code: "label_already_voided" },
      );
    }),
  );
  app.get(
    "/v2/downloads/:dir/:subdir/:file",
    answer((context) => {
      const path = new URL(context.req.url).pathname;
      const label = shipments.get(Number(/label-(\d+)\.pdf$/.exec(path)?.[1]));
      if (!label || downloadPath(label, "pdf") !== path) return unknownId("filename", context.req.param("file") ?? "");
      const { name, city } = label.shipTo;
      const lines = [label.carrierCode, label.trackingNumber, name ?? "", city ?? "", "Sandbox: no postage"];
      return { status: 200, file: { type: "application/pdf", bytes: smallPdf(lines) } };
    }),
  );
}

/** The host of download links. */
const downloadsAt = ({ options }: V2World, url: string): string =>
  options.downloadHost === "published" ? "https://api.shipstation.com" : new URL(url).origin;

function listLabels(world: V2World, url: URL): V2Answer {
  const { account, options } = world;
  const query = readQuery(url.searchParams);
  const status = query.oneOf("label_status", ["processing", "completed", "error", "voided"]);
  const [from, to] = [query.instant("created_at_start"), query.instant("created_at_end")];
  const by = query.oneOf("sort_by", ["modified_at", "created_at"]) ?? "created_at";
  const direction = query.oneOf("sort_dir", ["asc", "desc"]) ?? "desc";
  query.count("page");
  query.count("page_size");
  for (const name of ["shipment_id", "batch_id"]) {
    const id = query.text(name);
    if (id !== undefined && numberIn(id) === undefined) return malformedId(name);
  }
  const refusal = query.refusal();
  if (refusal) return refusal;
  const [orderId, batchId] = [numberIn(query.text("shipment_id")), numberIn(query.text("batch_id"))];
  const visibleUntil = account.clock.now() - account.options.listLagMs;
  const rows = [...account.tables.shipments.values()].filter(
    (label) =>
      label.createdAt <= visibleUntil &&
      (status === undefined || status === (label.voidedAt === null ? "completed" : "voided")) &&
      within(label.createdAt, from, to) &&
      (orderId === undefined || (label.orderId === orderId && !label.isReturnLabel)) &&
      (batchId === undefined || label.batchId === batchId) &&
      (query.text("tracking_number") ?? label.trackingNumber) === label.trackingNumber,
  );
  const changedAt = (label: ShipmentRow): number => label.voidedAt ?? label.createdAt;
  const instantOf = (label: ShipmentRow): number => (by === "created_at" ? label.createdAt : changedAt(label));
  const downloads = downloadsAt(world, url.href);
  return ok(
    pageOf(sorted(rows, instantOf, direction), "labels", query, url, (label) => renderLabel(label, downloads, options)),
  );
}
