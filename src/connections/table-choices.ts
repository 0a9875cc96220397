import type { AcumaticaClient, ReferenceCode } from "../acumatica/client.types.ts";
import type { TableName } from "../core/value-tables.ts";
import { asConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { SsCarrier, SsPackage, SsService } from "../shipstation/v1/entities.ts";
import type { ConnectionSettings } from "./settings.ts";
import type { ValueTables } from "./value-tables.ts";

interface Clients {
  acumatica: Pick<AcumaticaClient, "listCodes">;
  shipstation: Pick<
    ShipStationClient,
    "listCarriers" | "listServices" | "listPackages" | "listWarehouses" | "listStores"
  >;
}

interface Named {
  code: string;
  name: string | null;
}

/** What both systems have on offer now. A list that could not be read is empty and named in `errors`. */
export interface TableChoices {
  shipVias: Named[];
  boxes: Named[];
  warehouses: Named[];
  carriers: (Named & { services: Named[]; packages: Named[] })[];
  shipFroms: { id: number; name: string | null }[];
  stores: { id: number; name: string | null; marketplace: string | null }[];
  errors: { list: string; code: string; message: string; cure: string }[];
}

const named = ({ code, name }: SsCarrier | SsService | SsPackage): Named => ({ code, name: name ?? null });
const codeOf = ({ code, description }: ReferenceCode): Named => ({ code, name: description ?? null });

/** Reads every live list: two calls a carrier and three more of ShipStation's, three of Acumatica's. */
export async function readChoices({ acumatica, shipstation }: Clients): Promise<TableChoices> {
  const errors: TableChoices["errors"] = [];
  const read = async <T>(list: string, work: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await work();
    } catch (thrown) {
      const { code, message, cure } = asConnectorError(thrown);
      errors.push({ list, code, message, cure });
      return [];
    }
  };
  const carriers: TableChoices["carriers"] = [];
  for (const carrier of await read("carriers", () => shipstation.listCarriers("person"))) {
    const { code } = carrier;
    const services = await read(`services of ${code}`, () => shipstation.listServices(code, "person"));
    const packages = await read(`packages of ${code}`, () => shipstation.listPackages(code, "person"));
    carriers.push({ ...named(carrier), services: services.map(named), packages: packages.map(named) });
  }
  const shipFroms = await read("ship-from", () => shipstation.listWarehouses("person"));
  const stores = await read("stores", () => shipstation.listStores("person"));
  return {
    shipVias: (await read("Ship Via codes", () => acumatica.listCodes("ShipVia"))).map(codeOf),
    boxes: (await read("boxes", () => acumatica.listCodes("ShippingBox"))).map(codeOf),
    warehouses: (await read("warehouses", () => acumatica.listCodes("Warehouse"))).map(codeOf),
    carriers,
    shipFroms: shipFroms.map(({ warehouseId, warehouseName }) => ({ id: warehouseId, name: warehouseName ?? null })),
    stores: stores.map(({ storeId, storeName, marketplaceName }) => ({
      ...{ id: storeId, name: storeName ?? null, marketplace: marketplaceName ?? null },
    })),
    errors,
  };
}

/** Carriers and packages that labels really had: a carrier's display name stands in no list. */
export interface SeenOnLabels {
  carriers: readonly string[];
  packages: readonly string[];
}

const same = (left: string | undefined, right: string | undefined): boolean =>
  (left ?? "").trim().toLowerCase() === (right ?? "").trim().toLowerCase();

/** Everything in a table that one of the two systems does not know now, with what it does know. Reads only the lists it needs. */
export async function problemsOfTable<Name extends TableName>(
  name: Name,
  table: ValueTables[Name],
  clients: Clients,
  settings: ConnectionSettings,
  seen: SeenOnLabels,
): Promise<Problem[]> {
  const tables = { [name]: table } as Partial<ValueTables>;
  if (tables["ship-via"]) return shipViaProblems(tables["ship-via"], clients, seen);
  if (tables["ship-from"]) return shipFromProblems(tables["ship-from"], clients);
  if (tables.box) return boxProblems(tables.box, clients, seen);
  return tables.store ? storeProblems(tables.store, clients, settings) : [];
}

/** A problem unless the code is one of the list. */
function unknown(field: string, found: string, offered: readonly string[], what: string): Problem[] {
  if (offered.some((each) => same(each, found))) return [];
  const listed = offered.slice(0, 20).join(", ") || "none at all";
  return [{ field, found, cure: `There is no such ${what}. Choose one of: ${listed}.` }];
}

async function shipViaProblems(
  table: ValueTables["ship-via"],
  { acumatica, shipstation }: Clients,
  seen: SeenOnLabels,
): Promise<Problem[]> {
  const codes = (await acumatica.listCodes("ShipVia")).map(({ code }) => code);
  const what = "Ship Via code in Acumatica (CS207500)";
  const problems = table.default === null ? [] : unknown("default", table.default, codes, what);
  const carriers = table.rows.length === 0 ? [] : await shipstation.listCarriers("person");
  const offers = new Map<string, { services: string[]; packages: string[] }>();
  for (const [index, row] of table.rows.entries()) {
    const at = `rows[${index}]`;
    problems.push(...unknown(`${at}.shipVia`, row.shipVia, codes, what));
    const carrier = carriers.find(({ code }) => same(code, row.carrier));
    if (!carrier) {
      const forLabels = (row.direction ?? "label") === "label";
      // ShipStation calls the carrier of an order marked as shipped by its name, and a label may be of a carrier that has left.
      const others = forLabels ? [...seen.carriers, ...carriers.flatMap((each) => each.name ?? [])] : [];
      const offered = [...carriers.map(({ code }) => code), ...others];
      problems.push(...unknown(`${at}.carrier`, row.carrier, offered, "carrier in the ShipStation account"));
      continue;
    }
    const needsServices = row.service !== "*";
    const offer = offers.get(carrier.code) ?? { services: [], packages: [] };
    offers.set(carrier.code, offer);
    if (needsServices && offer.services.length === 0)
      offer.services = (await shipstation.listServices(carrier.code, "person")).map(({ code }) => code);
    if (row.package !== undefined && offer.packages.length === 0)
      offer.packages = (await shipstation.listPackages(carrier.code, "person")).map(({ code }) => code);
    if (needsServices)
      problems.push(...unknown(`${at}.service`, row.service ?? "", offer.services, `service of ${carrier.code}`));
    if (row.package !== undefined)
      problems.push(...unknown(`${at}.package`, row.package, offer.packages, `package of ${carrier.code}`));
  }
  return problems;
}

async function shipFromProblems(
  { rows }: ValueTables["ship-from"],
  { acumatica, shipstation }: Clients,
): Promise<Problem[]> {
  if (rows.length === 0) return [];
  const warehouses = (await acumatica.listCodes("Warehouse")).map(({ code }) => code);
  const places = (await shipstation.listWarehouses("person")).map(({ warehouseId }) => String(warehouseId));
  return rows.flatMap((row, index) => [
    ...unknown(`rows[${index}].warehouse`, row.warehouse, warehouses, "warehouse in Acumatica (IN204000)"),
    ...unknown(`rows[${index}].shipFromId`, String(row.shipFromId), places, "ship-from location in ShipStation"),
  ]);
}

async function boxProblems(
  table: ValueTables["box"],
  { acumatica, shipstation }: Clients,
  seen: SeenOnLabels,
): Promise<Problem[]> {
  const boxes = (await acumatica.listCodes("ShippingBox")).map(({ code }) => code);
  const what = "box in Acumatica (CS207600)";
  const problems = table.default === null ? [] : unknown("default", table.default, boxes, what);
  const packages = new Set(seen.packages);
  for (const { code } of table.rows.length === 0 ? [] : await shipstation.listCarriers("person")) {
    for (const offered of await shipstation.listPackages(code, "person")) packages.add(offered.code);
  }
  return table.rows.reduce(
    (found, row, index) => [
      ...found,
      ...unknown(`rows[${index}].package`, row.package, [...packages], "package of the account's carriers"),
      ...unknown(`rows[${index}].box`, row.box, boxes, what),
    ],
    problems,
  );
}

/** Orders are pushed into stores made by hand; one of a marketplace takes none (facts: shipstation 2.3). */
async function storeProblems(
  table: ValueTables["store"],
  { shipstation }: Clients,
  settings: ConnectionSettings,
): Promise<Problem[]> {
  if (table.rows.length === 0 && table.default === null) return [];
  const stores = (await shipstation.listStores("person")).filter((store) => (store.marketplaceId ?? 0) === 0);
  const ids = stores.map(({ storeId }) => String(storeId));
  const what = "store in ShipStation that takes pushed orders";
  const { orderTypes } = settings.orders;
  return table.rows.reduce(
    (found, row, index) => [
      ...found,
      ...unknown(`rows[${index}].orderType`, row.orderType, orderTypes, "order type among those that are exported"),
      ...unknown(`rows[${index}].storeId`, String(row.storeId), ids, what),
    ],
    table.default === null ? [] : unknown("default", String(table.default), ids, what),
  );
}
