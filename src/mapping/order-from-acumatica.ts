import type { SalesOrder } from "../acumatica/entities.ts";
import type { Order, OrderLine, OrderSettings } from "../core/orders.ts";
import { serviceOfShipVia } from "../core/ship-via.ts";
import type { Mapped } from "../core/result.ts";
import type { Problem } from "../lib/problem.ts";
import { addressFromAcumatica, emailFrom } from "./address-from-acumatica.ts";
import type { ItemData } from "./item-from-acumatica.ts";
import { lineFromAcumatica } from "./line-from-acumatica.ts";
import { statusFamily, statusKey } from "./order-status.ts";
import { datePart, known, sameCode } from "./text.ts";

/** Both ShipStation APIs agree up to here (facts: shipstation 2.5). */
const keyLimit = 50;

/** `Type/Number`: the record's name in our ledger and, in ShipStation's custom field 1, its way back. */
export const orderRecordKey = (orderType: string, orderNbr: string): string => `${orderType.trim()}/${orderNbr.trim()}`;

/**
 * Translate a sales order; all its problems come at once, with the field's path and the cure in the ERP's words.
 * `items` is keyed by `ItemData.sku`; an item that is not there leaves its lines without weight and barcode.
 * An order that is held or cancelled needs only its keys: what is sent then is the status, and it may well be held *because* it is
 * incomplete. An open order with nothing left to ship and nothing on shipments counts as cancelled.
 */
export function orderFromAcumatica(
  source: SalesOrder,
  settings: OrderSettings,
  items: ReadonlyMap<string, ItemData>,
): Mapped<Order> {
  const problems: Problem[] = [];
  const content = { problems: [] as Problem[], warnings: [] as Problem[] };
  const keys = keysOf(source, settings, problems);
  const lines = linesOf(source, settings, items, content);
  const status = orderStatus(source, settings, lines, content.problems);
  const order: Order = {
    ...keys,
    status,
    ...datesOf(source, content.problems),
    ...partiesOf(source, content),
    lines: lines.open,
    ...(lines.shipped.length > 0 && { shippedLines: lines.shipped }),
    ...(source.OrderTotal !== undefined && { orderTotal: source.OrderTotal }),
    ...(source.TaxTotal !== undefined && { taxTotal: source.TaxTotal }),
    ...storeOf(keys.orderType, settings),
    ...shipFromOf([...lines.open, ...lines.shipped], settings, content.warnings),
    ...serviceOf(source, settings),
  };
  Object.assign(order, customsOf(source, order, settings, content.warnings));
  if (status === "open") problems.push(...content.problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: order, warnings: status === "open" ? content.warnings : [] };
}

type Keys = Pick<Order, "recordKey" | "orderType" | "orderNbr" | "orderKey" | "orderNumber" | "customerId">;

function keysOf(source: SalesOrder, settings: OrderSettings, problems: Problem[]): Keys {
  const orderType = known(source.OrderType) ?? "";
  const orderNbr = known(source.OrderNbr) ?? "";
  const customerId = known(source.CustomerID) ?? "";
  const orderKey = settings.orderKeyTemplate
    .replaceAll("{OrderNbr}", orderNbr)
    .replaceAll("{OrderType}", orderType)
    .trim();
  const need = (value: string, field: string): void => {
    if (value === "")
      problems.push({ field, found: "nothing", cure: `Use a web service endpoint (SM207060) that delivers ${field}.` });
  };
  need(orderType, "OrderType");
  need(orderNbr, "OrderNbr");
  need(customerId, "CustomerID");
  if (orderNbr !== "" && !settings.orderKeyTemplate.includes("{OrderNbr}")) {
    // Without the number every order would have one key, and each would overwrite the last.
    problems.push({
      field: "orderKeyTemplate",
      found: settings.orderKeyTemplate,
      cure: "Put {OrderNbr} into the connection's order key template.",
    });
  }
  for (const [field, value] of [
    ["orderKey", orderKey],
    ["orderNumber", orderNbr],
  ] as const) {
    if (value.length > keyLimit) {
      problems.push({
        field,
        found: value,
        cure: `ShipStation takes at most ${keyLimit} characters: shorten the connection's order key template or the numbering sequence (CS201010).`,
      });
    }
  }
  return {
    recordKey: orderRecordKey(orderType, orderNbr),
    orderType,
    orderNbr,
    orderKey,
    orderNumber: orderNbr,
    customerId,
  };
}

interface Lines {
  open: OrderLine[];
  shipped: OrderLine[];
}

function linesOf(
  source: SalesOrder,
  settings: OrderSettings,
  items: ReadonlyMap<string, ItemData>,
  content: { problems: Problem[]; warnings: Problem[] },
): Lines {
  const lines: Lines = { open: [], shipped: [] };
  const seen = new Set<number>();
  for (const [index, row] of (source.Details ?? []).entries()) {
    const mapped = lineFromAcumatica(row, index, settings, items, content);
    if (!mapped) continue;
    const { lineNbr } = mapped.line;
    if (seen.has(lineNbr)) {
      content.problems.push({
        field: `Details[${index}].LineNbr`,
        found: String(lineNbr),
        cure: "Two lines have one number; read the order again, and report it if it stays so.",
      });
    }
    seen.add(lineNbr);
    (mapped.isShipped ? lines.shipped : lines.open).push(mapped.line);
  }
  if (!source.Details || source.Details.length === 0) {
    content.problems.push({
      field: "Details",
      found: "no lines",
      cure: "Add lines to the sales order (SO301000), or cancel it there if nothing is to be shipped.",
    });
  }
  return lines;
}

function orderStatus(source: SalesOrder, settings: OrderSettings, lines: Lines, problems: Problem[]): Order["status"] {
  const isListed = settings.statuses.some((listed) => statusKey(listed) === statusKey(source.Status));
  const family = statusFamily(source.Status);
  if (!isListed && family === "cancelled") return "cancelled";
  if (!isListed && family === "held") return "held";
  // Problems may hide a line that would ship; only a clean reading says that nothing is left.
  const isEmptied = lines.open.length === 0 && lines.shipped.length === 0 && problems.length === 0;
  return isEmptied ? "cancelled" : "open";
}

function datesOf(source: SalesOrder, problems: Problem[]): Pick<Order, "orderedOn" | "shipByOn"> {
  const orderedOn = datePart(source.Date);
  if (orderedOn === undefined) {
    problems.push({
      field: "Date",
      found: known(source.Date) ?? "nothing",
      cure: "Enter the Date of the sales order (SO301000).",
    });
  }
  const shipOn = (source.Details ?? [])
    .map((line) => datePart(line.ShipOn))
    .filter((on) => on !== undefined)
    .toSorted()[0];
  const shipByOn = datePart(source.ShippingSettings?.ScheduledShipmentDate) ?? shipOn;
  return { orderedOn: orderedOn ?? "", ...(shipByOn !== undefined && { shipByOn }) };
}

type Parties = Pick<Order, "shipTo" | "billTo" | "customerName" | "customerEmail" | "customerPo" | "requestedService">;

/** The ship-to is the order's own: a one-off address lives nowhere else (facts: acumatica 5). */
function partiesOf(source: SalesOrder, content: { problems: Problem[]; warnings: Problem[] }): Parties {
  const customerName = known(source.BillToContact?.BusinessName) ?? known(source.BillToContact?.Attention);
  const shipTo = addressFromAcumatica(
    {
      side: "ShipTo",
      address: source.ShipToAddress,
      contact: source.ShipToContact,
      fallbackName: customerName,
      residential: source.ShippingSettings?.ResidentialDelivery,
    },
    content.warnings,
  );
  content.problems.push(...shipTo.problems);
  // Nobody ships to the bill-to. An incomplete one is left out, and the ship-to stands in for it.
  const billTo = addressFromAcumatica(
    { side: "BillTo", address: source.BillToAddress, contact: source.BillToContact, fallbackName: shipTo.address.name },
    [],
  );
  const email =
    emailFrom(source.ShipToContact?.Email, "ShipToContact.Email", content.warnings) ??
    emailFrom(source.BillToContact?.Email, "BillToContact.Email", content.warnings);
  const customerPo = known(source.CustomerOrder);
  const requestedService = shipViaOf(source);
  return {
    shipTo: shipTo.address,
    ...(billTo.problems.length === 0 && { billTo: billTo.address }),
    ...(customerName !== undefined && { customerName }),
    ...(email !== undefined && { customerEmail: email }),
    ...(customerPo !== undefined && { customerPo }),
    ...(requestedService !== undefined && { requestedService }),
  };
}

function storeOf(orderType: string, settings: OrderSettings): Pick<Order, "storeId"> {
  const row = Object.entries(settings.storeByOrderType ?? {}).find(([type]) => sameCode(type, orderType));
  const storeId = row?.[1] ?? settings.storeId;
  return storeId === undefined ? {} : { storeId };
}

function serviceOf(source: SalesOrder, settings: OrderSettings): Pick<Order, "carrierService"> {
  const carrierService = serviceOfShipVia(shipViaOf(source), settings.services ?? []);
  return carrierService === undefined ? {} : { carrierService };
}

const shipViaOf = (source: SalesOrder): string | undefined =>
  known(source.ShipVia) ?? known(source.ShippingSettings?.ShipVia);

/** Customs papers are for parcels that cross a border; what they lack is told, because a carrier may refuse the label over it. */
function customsOf(
  source: SalesOrder,
  order: Order,
  settings: OrderSettings,
  warnings: Problem[],
): Pick<Order, "isForeign" | "isOtherCurrency"> {
  const { country } = order.shipTo;
  if (settings.customs === "off" || country === "" || sameCode(country, settings.homeCountry)) return {};
  const lacking = order.lines.filter((line) => line.tariffCode === undefined || line.country === undefined);
  if (lacking.length > 0) {
    warnings.push({
      field: "TariffCode",
      found: `nothing, or no country of origin, on ${lacking.map((line) => line.sku).join(", ")}`,
      cure: "Enter Tariff Code and Country of Origin of the items on the Stock Items form (IN202500, endpoint 22.200.001 or newer) for the customs papers.",
    });
  }
  const currency = known(source.CurrencyID);
  return {
    isForeign: true,
    ...(currency !== undefined && !sameCode(currency, "USD") && { isOtherCurrency: true }),
  };
}

/** ShipStation's warehouse by the value table; an order has one, so lines of several leave it to ShipStation's own choice. */
function shipFromOf(lines: OrderLine[], settings: OrderSettings, warnings: Problem[]): Pick<Order, "shipFromId"> {
  const table = Object.entries(settings.shipFrom);
  if (table.length === 0) return {};
  const found = new Set<number>();
  for (const warehouse of new Set(lines.map((line) => line.warehouse ?? ""))) {
    const id = table.find(([code]) => sameCode(code, warehouse))?.[1];
    if (id !== undefined) found.add(id);
    else {
      warnings.push({
        field: "WarehouseID",
        found: warehouse === "" ? "nothing" : warehouse,
        cure: "Add the warehouse to the connection's ship-from table; ShipStation uses its default until then.",
      });
    }
  }
  const [only, ...others] = found;
  if (others.length > 0) {
    warnings.push({
      field: "WarehouseID",
      found: "lines of several warehouses",
      cure: "ShipStation orders leave from one place: split the order there, or ship it from its default.",
    });
    return {};
  }
  return only === undefined ? {} : { shipFromId: only };
}
