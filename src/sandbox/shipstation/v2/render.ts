import { createHash } from "node:crypto";
import { carriers } from "../reference-data.ts";
import type { AddressRow, OrderRow, ShipmentRow, WarehouseRow } from "../tables.ts";
import type { V2Options } from "./options.ts";
import { instant, money, seId } from "./wire.ts";

/**
 * Rows as V2 shows them (facts: shipstation 6.2, 6.3, payloads 3.1 to 3.4): what V1 calls an order is a shipment here, what V1 calls
 * a shipment is a label. Members are those of the recordings of 2026.
 */
export function renderOrder(order: OrderRow, warehouse: WarehouseRow | undefined, options: V2Options): object {
  const ounces = Math.round(order.items.reduce((sum, item) => sum + (item.weight?.value ?? 0) * item.quantity, 0));
  const weight = { value: ounces, unit: "ounce" };
  const shipFrom = addressOf(warehouse?.origin ?? null, { geolocation: null }, "no");
  return {
    shipment_id: seId(order.orderId),
    carrier_id: order.sent.carrierCode ? carrierId(order.sent.carrierCode) : null,
    service_code: order.sent.serviceCode ?? null,
    requested_shipment_service: order.sent.requestedShippingService ?? null,
    external_shipment_id: externalIdOf(order),
    shipment_number: order.orderNumber,
    hold_until_date: order.holdUntilDate === null ? null : `${order.holdUntilDate}T00:00:00Z`,
    ship_date: order.sent.shipDate ? `${order.sent.shipDate.slice(0, 10)}T00:00:00Z` : null,
    created_at: instant(order.createdAt, options),
    // An order that nobody touched since is modified before it was created (facts: payloads 3.4).
    modified_at: instant(order.modifiedAt === order.createdAt ? order.createdAt - 16 : order.modifiedAt, options),
    shipment_status: statusOf(order),
    ship_to: addressOf(order.shipTo, { geolocation: null }, residential(order.shipTo)),
    ship_from: shipFrom,
    warehouse_id: order.warehouseId === null ? null : seId(order.warehouseId),
    return_to: addressOf(warehouse?.origin ?? null, {}, "unknown"),
    is_return: false,
    confirmation: order.sent.confirmation ?? "none",
    customs: null,
    external_order_id: null,
    order_source_code: null,
    advanced_options: advancedOptions(order),
    comparison_rate_type: null,
    retail_rate: null,
    shipping_rule_id: null,
    insurance_provider: "none",
    tags: [],
    store_id: seId(order.storeId),
    packages: [
      {
        shipment_package_id: seId(order.orderId + 5_000_000),
        package_id: "se-3",
        package_code: order.sent.packageCode ?? "package",
        package_name: "Package",
        weight,
        dimensions: noDimensions,
        insured_value: money(0),
        label_messages: noMessages,
        external_package_id: null,
        content_description: null,
        products: null,
      },
    ],
    total_weight: weight,
    items: order.items.map((item) => renderItem(item)),
    notes_from_buyer: order.sent.customerNotes ?? null,
    internal_notes: order.sent.internalNotes ?? null,
    notes_for_gift: order.sent.giftMessage ?? null,
    is_gift: order.sent.gift === true,
    assigned_user: order.userId,
    amount_paid: money(order.sent.amountPaid ?? 0),
    shipping_paid: money(order.sent.shippingAmount ?? 0),
    tax_paid: money(order.sent.taxAmount ?? 0),
    zone: 1,
  };
}

/** The key, cut to 50 characters. Parts of a split order, and orders made on the screen, have none of their own. */
export function externalIdOf(order: OrderRow): string | null {
  if (order.parentId !== null || order.orderKey.startsWith("manual-")) return null;
  return order.orderKey.slice(0, 50);
}

/** The life of a label, not of an order: on_hold cannot be seen (facts: shipstation 6.2). */
export function statusOf({ orderStatus }: OrderRow): "pending" | "processing" | "label_purchased" | "cancelled" {
  if (orderStatus === "shipped") return "label_purchased";
  if (orderStatus === "cancelled") return "cancelled";
  return orderStatus === "pending_fulfillment" ? "processing" : "pending";
}

function renderItem(item: OrderRow["items"][number]): object {
  return {
    sales_order_id: null,
    sales_order_item_id: null,
    quantity: item.quantity,
    name: item.name ?? "",
    sku: item.sku,
    bundle_sku: null,
    external_order_id: null,
    external_order_item_id: item.lineItemKey,
    asin: null,
    order_source_code: null,
    item_id: String(item.orderItemId),
    allocation_status: null,
    image_url: item.imageUrl,
    weight: item.weight === null ? null : { value: item.weight.value ?? 0, unit: "ounce" },
    // Bare, while an order's amounts have a currency (facts: payloads 3.2).
    unit_price: item.unitPrice ?? 0,
    tax_amount: item.taxAmount,
    shipping_amount: item.shippingAmount,
    inventory_location: item.warehouseLocation,
    options: [],
    product_id: item.productId === null ? null : String(item.productId),
    // Misspelt in production as well.
    fullfilment_sku: item.fulfillmentSku,
    upc: item.upc,
  };
}

export function renderLabel(label: ShipmentRow, downloads: string, options: V2Options): object {
  const isVoided = label.voidedAt !== null;
  const links = linksTo(downloads, label);
  return {
    label_id: seId(label.shipmentId),
    status: isVoided ? "voided" : "completed",
    // A return label has an order of its own and no link to the outbound one (facts: payloads 3.1).
    shipment_id: seId(label.isReturnLabel || label.orderId === null ? label.shipmentId + 700_000_000 : label.orderId),
    external_shipment_id: labelExternalId(label, options),
    external_order_id: null,
    // Midnight Pacific, while an order's is midnight UTC (facts: payloads 3.4).
    ship_date: `${label.shipDate}T07:00:00Z`,
    created_at: instant(label.createdAt, options),
    shipment_cost: money(label.shipmentCost),
    insurance_cost: money(label.insuranceCost),
    requested_comparison_amount: label.shipmentId % 2 === 0 ? null : money(0),
    rate_details: [],
    tracking_number: label.trackingNumber,
    is_return_label: label.isReturnLabel,
    rma_number: null,
    is_international: label.shipTo.country !== "US",
    batch_id: label.batchNumber === null ? "" : seId(label.batchId),
    carrier_id: carrierId(label.carrierCode),
    service_code: label.serviceCode,
    package_code: label.packageCode ?? "package",
    voided: isVoided,
    voided_at: label.voidedAt === null ? null : instant(label.voidedAt, options),
    label_format: "pdf",
    display_scheme: "label",
    label_layout: "4x6",
    trackable: true,
    label_image_id: null,
    carrier_code: label.carrierCode,
    confirmation: label.confirmation ?? "none",
    // From the first moment: no sign that it left (facts: payloads 3.6).
    tracking_status: "in_transit",
    label_download: { ...links, href: links.pdf },
    form_download: null,
    qr_code_download: null,
    insurance_claim: null,
    paperless_download: null,
    packages: [packageOf(label, links)],
    charge_event: "carrier_default",
    alternative_identifiers: [],
    tracking_url: trackingUrl(label),
    ship_to: addressOf(label.shipTo, { geolocation: [] }, label.shipmentId % 2 === 0 ? "unknown" : "yes"),
  };
}

function labelExternalId(label: ShipmentRow, { labelExternalId: kind }: V2Options): string | null {
  if (kind === "order-key") return label.orderKey?.slice(0, 50) ?? null;
  return `SEAuto-${tokenOf(`external ${label.shipmentId}`)}`;
}

function packageOf(label: ShipmentRow, links: Links): object {
  return {
    // A number, while an order's is text (facts: payloads 3.1).
    package_id: (label.shipmentId % 2_000_000_000) + 1,
    package_code: label.packageCode ?? "package",
    weight: { value: label.weight.value, unit: "ounce" },
    dimensions: noDimensions,
    insured_value: money(0),
    tracking_number: label.trackingNumber,
    label_download: links,
    qr_code_download: null,
    paperless_download: null,
    label_messages: noMessages,
    external_package_id: null,
    content_description: null,
    sequence: 1,
    alternative_identifiers: [],
    has_label_documents: false,
    has_form_documents: false,
    has_qr_code_documents: false,
    has_paperless_label_documents: false,
  };
}

/** The path of a label's file below the origin: its middle part cannot be guessed. */
export const downloadPath = (label: ShipmentRow, ending: "pdf" | "png" | "zpl"): string =>
  `/v2/downloads/14/${tokenOf(`download ${label.shipmentId}`)}/label-${label.shipmentId}.${ending}`;

type Links = Record<"pdf" | "png" | "zpl", string>;

function linksTo(origin: string, label: ShipmentRow): Links {
  const link = (ending: keyof Links): string => origin + downloadPath(label, ending);
  return { pdf: link("pdf"), png: link("png"), zpl: link("zpl") };
}

const tokenOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);

const trackingSites: Readonly<Record<string, string>> = {
  stamps_com: "https://tools.usps.com/go/TrackConfirmAction.action?tLabels=",
  ups_walleted: "https://www.ups.com/track?loc=en_US&tracknum=",
  fedex: "https://www.fedex.com/fedextrack/?action=track&trackingnumber=",
};

/** null of a carrier without a page. */
const trackingUrl = ({ carrierCode, trackingNumber }: ShipmentRow): string | null => {
  const site = trackingSites[carrierCode];
  return site === undefined ? null : site + trackingNumber;
};

export function carrierId(code: string): string {
  return seId(carriers.find((each) => each.code === code)?.shippingProviderId ?? 1);
}

const noDimensions = { unit: "inch", length: 0, width: 0, height: 0 };
const noMessages = { reference1: null, reference2: null, reference3: null };

const residential = ({ residential: is }: AddressRow): string => (is === null ? "unknown" : is ? "yes" : "no");

type Addressed = {
  [K in "name" | "phone" | "company" | "street1" | "street2" | "street3" | "city" | "state"]?: string | null;
} & {
  postalCode?: string | null;
  country?: string | null;
};

function addressOf(address: Addressed | null, first: object, indicator: string): object {
  return {
    ...first,
    instructions: null,
    name: address?.name || null,
    phone: address?.phone || null,
    email: null,
    company_name: address?.company || null,
    address_line1: address?.street1 || null,
    address_line2: address?.street2 || null,
    address_line3: address?.street3 || null,
    city_locality: address?.city || null,
    state_province: address?.state || null,
    postal_code: address?.postalCode || null,
    country_code: address?.country ?? "US",
    address_residential_indicator: indicator,
  };
}

function advancedOptions({ sent }: OrderRow): object {
  const own = sent.advancedOptions;
  return {
    bill_to_account: own?.billToAccount ?? null,
    bill_to_country_code: own?.billToCountryCode ?? null,
    bill_to_party: own?.billToParty ?? null,
    bill_to_postal_code: own?.billToPostalCode ?? null,
    contains_alcohol: own?.containsAlcohol === true,
    delivered_duty_paid: false,
    non_machinable: own?.nonMachinable === true,
    saturday_delivery: own?.saturdayDelivery === true,
    dry_ice: false,
    dry_ice_weight: null,
    fedex_freight: null,
    third_party_consignee: false,
    ancillary_endorsements_option: null,
    freight_class: null,
    custom_field1: own?.customField1 ?? null,
    custom_field2: own?.customField2 ?? null,
    custom_field3: own?.customField3 ?? null,
    collect_on_delivery: null,
    return_pickup_attempts: null,
    additional_handling: false,
    own_document_upload: false,
    limited_quantity: false,
    event_notification: false,
  };
}
