import { findOrder, isVisible } from "../account.ts";
import { cancelOrder } from "../people.ts";
import { carriers } from "../reference-data.ts";
import type { OrderRow } from "../tables.ts";
import { badValue, malformedId, noContent, ok, refuse, unknownId } from "./answers.ts";
import { pageOf, readQuery, sorted } from "./lists.ts";
import { carrierId, externalIdOf, renderOrder, statusOf } from "./render.ts";
import { numberIn } from "./wire.ts";
import type { Answering, V2App, V2Route, V2World } from "./world.ts";

/** Orders, which V2 calls shipments, and carriers. */
export function addOrderRoutes(app: V2App, world: V2World, answer: Answering): void {
  const { account, options } = world;
  const render = (order: OrderRow): object =>
    renderOrder(order, account.tables.warehouses.get(order.warehouseId ?? -1), options);

  app.get(
    "/v2/shipments/external_shipment_id/:id",
    answer((context) => {
      const id = context.req.param("id") ?? "";
      // A cut key is not in the index.
      const { orders, ordersByKey } = account.tables;
      const found = (id.length < 50 ? (ordersByKey.get(id) ?? []) : [...orders.values()]).find(
        (order) => isVisible(account, order) && externalIdOf(order) === id,
      );
      return found ? ok(render(found)) : unknownId("external_shipment_id", id);
    }),
  );
  app.get(
    "/v2/shipments/:id",
    answer((context) => {
      const id = numberIn(context.req.param("id"));
      if (id === undefined) return malformedId("shipment_id");
      const order = findOrder(account, id);
      return order ? ok(render(order)) : unknownId("shipment_id", context.req.param("id") ?? "");
    }),
  );
  app.put(
    "/v2/shipments/:id/cancel",
    answer((context) => {
      const id = numberIn(context.req.param("id"));
      if (id === undefined) return malformedId("shipment_id");
      const order = findOrder(account, id);
      if (!order) return unknownId("shipment_id", context.req.param("id") ?? "");
      if (statusOf(order) !== "pending") {
        const message = `A shipment that is ${statusOf(order)} cannot be cancelled.`;
        return refuse(400, { type: "business_rules", code: "invalid_status", message });
      }
      cancelOrder(account, id);
      return noContent;
    }),
  );
  app.get(
    "/v2/shipments",
    answer((context) => listOrders(world, new URL(context.req.url), render)),
  );
  app.get(
    "/v2/carriers",
    answer(() =>
      // A good answer names a request and an empty list of errors (facts: payloads 3.2).
      ok({
        carriers: carriers.map(({ code, name, display }) => ({
          carrier_id: carrierId(code),
          carrier_code: code,
          account_number: `sandbox_${code}`,
          requires_funded_amount: code === "stamps_com",
          balance: 4072.1,
          nickname: name,
          friendly_name: display,
          primary: false,
          has_multi_package_supporting_services: false,
          supports_label_messages: true,
          disabled_by_billing_plan: false,
          services: [],
          packages: [],
          options: [],
        })),
        request_id: "1c54bbe1-1bfa-4ebf-8a15-1602e2449eab",
        errors: [],
      }),
    ),
  );
}

function listOrders({ account }: V2World, url: URL, render: (order: OrderRow) => object): ReturnType<V2Route> {
  const query = readQuery(url.searchParams);
  const status = query.oneOf("shipment_status", ["pending", "processing", "label_purchased", "cancelled"]);
  const [createdFrom, createdTo] = [query.instant("created_at_start"), query.instant("created_at_end")];
  const [modifiedFrom, modifiedTo] = [query.instant("modified_at_start"), query.instant("modified_at_end")];
  const by = query.oneOf("sort_by", ["modified_at", "created_at"]) ?? "created_at";
  const direction = query.oneOf("sort_dir", ["asc", "desc"]) ?? "desc";
  const storeId = query.text("store_id");
  if (storeId !== undefined && numberIn(storeId) === undefined) {
    return badValue("store_id", storeId, "store_id must be an integer");
  }
  query.count("page");
  query.count("page_size");
  const refusal = query.refusal();
  if (refusal) return refusal;
  const rows = [...account.tables.orders.values()].filter(
    (order) =>
      isVisible(account, order) &&
      (status === undefined || statusOf(order) === status) &&
      within(order.createdAt, createdFrom, createdTo) &&
      within(order.modifiedAt, modifiedFrom, modifiedTo) &&
      matches(query.text("external_shipment_id"), externalIdOf(order)) &&
      matches(query.text("shipment_number"), order.orderNumber) &&
      (storeId === undefined || numberIn(storeId) === order.storeId),
  );
  const instantOf = (order: OrderRow): number => (by === "created_at" ? order.createdAt : order.modifiedAt);
  return ok(pageOf(sorted(rows, instantOf, direction), "shipments", query, url, render));
}

export const within = (at: number, from: number | undefined, to: number | undefined): boolean =>
  (from === undefined || at >= from) && (to === undefined || at <= to);

const matches = (wanted: string | undefined, value: string | null): boolean => wanted === undefined || wanted === value;
