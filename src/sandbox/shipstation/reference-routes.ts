import { visibleStores, type Account } from "./account.ts";
import { done, modelState, notFound, ok, type Answer } from "./answers.ts";
import { bind } from "./binding.ts";
import { member, numberMember, reading, textMember, writing, type ShipStationApp } from "./call.ts";
import type { Query } from "./lists.ts";
import { carriers, marketplaces, tags, users } from "./reference-data.ts";
import { renderCarrier, renderStore, renderWarehouse } from "./render.ts";
import { addressShape, type WarehouseRow } from "./tables.ts";

/** Stores, carriers, ship-from locations, tags and users: bare arrays, without envelopes (facts: payloads 2.1). */
export function addReferenceRoutes(app: ShipStationApp, account: Account): void {
  app.get(
    "/accounts/listtags",
    reading(account, () => ok(tags)),
  );
  app.get(
    "/users",
    reading(account, () => ok(users)),
  );
  addStoreRoutes(app, account);
  addCarrierRoutes(app, account);
  addWarehouseRoutes(app, account);
}

function addStoreRoutes(app: ShipStationApp, account: Account): void {
  app.get(
    "/stores/marketplaces",
    reading(account, () => ok(marketplaces)),
  );
  app.get(
    "/stores",
    reading(account, ({ query }) => {
      const marketplaceId = query.number("marketplaceId");
      const rows = visibleStores(account).filter(
        (store) =>
          (store.active || query.flag("showInactive")) &&
          (marketplaceId === undefined || store.marketplaceId === marketplaceId),
      );
      return ok(rows.map(renderStore));
    }),
  );
  app.get(
    "/stores/getrefreshstatus",
    reading(account, ({ query }) => refreshStatus(account, query)),
  );
  app.get(
    "/stores/:id",
    reading(account, ({ id }) => {
      const store = visibleStores(account).find(({ storeId }) => storeId === id);
      return store ? ok(renderStore(store)) : notFound("store");
    }),
  );
  app.put(
    "/stores/:id",
    writing(account, "store", ({ id, body }) => renameStore(account, id, body)),
  );
  app.post(
    "/stores/refreshstore",
    writing(account, "request", () => done("A store refresh has been initiated.")),
  );
  app.post(
    "/stores/deactivate",
    writing(account, "request", ({ body }) => activate(account, body, false)),
  );
  app.post(
    "/stores/reactivate",
    writing(account, "request", ({ body }) => activate(account, body, true)),
  );
}

function refreshStatus(account: Account, query: Query): Answer {
  const store = account.tables.stores.get(query.number("storeId") ?? 0);
  if (!store) return notFound("store");
  // Dates in United States form, here and nowhere else.
  const now = new Date(account.clock.now());
  const day = `${now.getUTCMonth() + 1}-${now.getUTCDate()}-${now.getUTCFullYear()}`;
  const { storeId } = store;
  return ok({
    storeId,
    refreshStatusId: 2,
    refreshStatus: "Updating orders",
    lastRefreshAttempt: day,
    refreshDate: day,
  });
}

function renameStore(account: Account, id: number, body: unknown): Answer {
  const store = account.tables.stores.get(id);
  if (!store) return notFound("store");
  store.storeName = textMember(body, "storeName") ?? store.storeName;
  store.modifiedAt = account.clock.now();
  return ok(renderStore(store));
}

function activate(account: Account, body: unknown, isActive: boolean): Answer {
  const store = account.tables.stores.get(numberMember(body, "storeId") ?? 0);
  if (!store) return notFound("store");
  store.active = isActive;
  return done(`The requested store has been ${isActive ? "reactivated" : "deactivated"}.`);
}

function addCarrierRoutes(app: ShipStationApp, account: Account): void {
  const named = (query: Query) => carriers.find(({ code }) => code === query.text("carrierCode")?.toLowerCase());
  app.get(
    "/carriers",
    reading(account, () => ok(carriers.map((carrier) => renderCarrier(carrier, isPrimary(carrier))))),
  );
  app.get(
    "/carriers/getcarrier",
    reading(account, ({ query }) => {
      const carrier = named(query);
      return carrier ? ok(renderCarrier(carrier, isPrimary(carrier))) : notFound("carrier");
    }),
  );
  app.get(
    "/carriers/listservices",
    reading(account, ({ query }) => {
      const carrier = named(query);
      if (!carrier) return notFound("carrier");
      const rows = carrier.services.map(({ code, name, international }) => ({
        carrierCode: carrier.code,
        code,
        name,
        domestic: !international,
        international,
      }));
      return ok(rows);
    }),
  );
  app.get(
    "/carriers/listpackages",
    reading(account, ({ query }) => {
      const carrier = named(query);
      if (!carrier) return notFound("carrier");
      const rows = carrier.packages.map((each) => ({ carrierCode: carrier.code, ...each }));
      return ok(rows.map((row) => ({ ...row, domestic: true, international: true })));
    }),
  );
}

const isPrimary = ({ code }: { code: string }): boolean => code === carriers[0]?.code;

function addWarehouseRoutes(app: ShipStationApp, account: Account): void {
  const { warehouses } = account.tables;
  const live = (id: number): WarehouseRow | undefined => (warehouses.get(id)?.deleted ? undefined : warehouses.get(id));
  app.get(
    "/warehouses",
    reading(account, () => ok([...warehouses.values()].filter(({ deleted }) => !deleted).map(renderWarehouse))),
  );
  app.get(
    "/warehouses/:id",
    reading(account, ({ id }) => {
      const row = live(id);
      return row ? ok(renderWarehouse(row)) : notFound("warehouse");
    }),
  );
  app.post(
    "/warehouses/createwarehouse",
    writing(account, "warehouse", ({ body }) => {
      const row = boundWarehouse(account, body, account.nextId("warehouse"));
      if ("status" in row) return row;
      warehouses.set(row.warehouseId, row);
      return ok(renderWarehouse(row));
    }),
  );
  app.put(
    "/warehouses/:id",
    writing(account, "warehouse", ({ id, body }) => {
      if (!live(id)) return notFound("warehouse");
      const row = boundWarehouse(account, body, id);
      if ("status" in row) return row;
      warehouses.set(id, row);
      return ok(renderWarehouse(row));
    }),
  );
  app.delete(
    "/warehouses/:id",
    reading(account, ({ id }) => {
      const row = live(id);
      if (!row) return notFound("warehouse");
      row.deleted = true;
      return done("The requested warehouse has been deleted.");
    }),
  );
}

function boundWarehouse(account: Account, body: unknown, warehouseId: number): WarehouseRow | Answer {
  const { value: origin } = bind(addressShape, member(body, "originAddress"), account.options);
  if (!origin) return modelState({ "warehouse.originAddress": ["The originAddress field is required."] });
  return {
    warehouseId,
    warehouseName: textMember(body, "warehouseName") ?? "New Ship From Location",
    isDefault: account.tables.warehouses.get(warehouseId)?.isDefault ?? false,
    createdAt: account.tables.warehouses.get(warehouseId)?.createdAt ?? account.clock.now(),
    deleted: false,
    origin,
  };
}
