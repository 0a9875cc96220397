import type { PayloadRow } from "./payload-rows.ts";

/** What becomes of every recorded file of ShipStation's two APIs: who meets it, and what comes of it. */
export const shipStationPayloads: Record<string, PayloadRow> = {
  "shipstation-v1/accounts-listtags-docs-2017.json": { parser: "v1 stores", gives: [], stray: true },
  "shipstation-v1/carrier-get-2021.http.json": {
    parser: "v1 carriers",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/carrier-listpackages-2021.http.json": { parser: "v1 carriers", gives: 13, stray: true },
  "shipstation-v1/carrier-listservices-2021.http.json": { parser: "v1 carriers", gives: 8, stray: true },
  "shipstation-v1/carriers-list-2021.http.json": {
    parser: "v1 carriers",
    gives: [{ name: "Stamps.com", code: "stamps_com" }],
  },
  "shipstation-v1/customer-get-2021.http.json": {
    parser: "v1 products",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/customers-list-2021.http.json": {
    parser: "v1 products",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/customers-list-docs-2017.json": {
    parser: "v1 products",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/error-400-array-instead-of-object.http.json": {
    parser: "v1 order saved",
    refused: "shipstation.rejected",
  },
  "shipstation-v1/error-400-required-fields.http.json": { parser: "v1 order saved", refused: "shipstation.rejected" },
  "shipstation-v1/error-415-unsupported-media-type.http.json": { parser: "v1 order saved", refused: "internal.defect" },
  "shipstation-v1/error-429-rate-limited.http.json": { parser: "v1 orders", refused: "shipstation.rate-limited" },
  "shipstation-v1/error-500-orders-required.http.json": {
    parser: "v1 orders saved",
    refused: "shipstation.server-error",
  },
  "shipstation-v1/fulfillments-list-docs-2017.json": {
    parser: "v1 fulfillments",
    gives: {
      rows: [
        { fulfillmentId: 33974374, orderId: 191759016 },
        { fulfillmentId: 246310, orderId: 193699927 },
      ],
    },
  },
  "shipstation-v1/order-addtag-2021.http.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/order-createlabelfororder-docs-2017.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/order-createlabelfororder-request-2019.json": {
    parser: "v1 order saved",
    gives: { orderId: 6721528, carrierCode: "fedex" },
    stray: true,
  },
  "shipstation-v1/order-createorder-2021.http.json": {
    parser: "v1 order saved",
    gives: { orderId: 21466104, orderNumber: "TEST-ORDER-API-DOCS" },
  },
  "shipstation-v1/order-createorder-nulls-as-empty-objects-request-2019.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/order-delete-2021.http.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/order-get-2015.json": { parser: "v1 order", gives: { orderId: 148363009, orderNumber: "100208" } },
  "shipstation-v1/order-get-2021.http.json": {
    parser: "v1 order",
    gives: { orderId: 21533895, orderNumber: "TEST-ORDER-API-DOCS" },
  },
  "shipstation-v1/order-get-shopify-2017.json": {
    parser: "v1 order",
    gives: { orderId: 344912731, orderNumber: "ORDER1038" },
  },
  "shipstation-v1/order-holduntil-2021.http.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/order-markasshipped-2021.http.json": {
    parser: "v1 order saved",
    gives: { orderId: 21533895, orderNumber: "TEST-ORDER-API-DOCS" },
    stray: true,
  },
  "shipstation-v1/order-restorefromhold-2021.http.json": {
    parser: "v1 order saved",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/orders-amazon-fba-externally-fulfilled-2024.json": {
    parser: "v1 orders",
    gives: { rows: [{ orderId: 468190807, orderNumber: "112-9642641-7659452" }] },
    within: "orders",
  },
  "shipstation-v1/orders-createorders-2021.http.json": {
    parser: "v1 orders saved",
    gives: [{ orderKey: "0f6bec18-3e89-4881-83aa-f392d84f4c74", orderId: 21466104 }],
  },
  "shipstation-v1/orders-list-2021.http.json": {
    parser: "v1 orders",
    gives: {
      rows: [
        { orderId: 21533276, orderNumber: "TEST-ORDER-API-DOCS" },
        { orderId: 21533759, orderNumber: "TEST-ORDER-API-DOCS" },
        { orderId: 21533895, orderNumber: "TEST-ORDER-API-DOCS" },
      ],
    },
  },
  "shipstation-v1/orders-list-docs-2017.json": {
    parser: "v1 orders",
    gives: {
      rows: [
        { orderId: 987654321, orderNumber: "Test-International-API-DOCS" },
        { orderId: 123456789, orderNumber: "TEST-ORDER-API-DOCS" },
      ],
    },
  },
  "shipstation-v1/orders-listbytag-docs-2017.json": {
    parser: "v1 orders",
    gives: { rows: [{ orderId: 123456789, orderNumber: "TEST-ORDER-API-DOCS" }] },
    stray: true,
  },
  "shipstation-v1/product-get-2021.http.json": { parser: "v1 product", gives: { productId: 3691668, sku: "ABC123" } },
  "shipstation-v1/product-update-2021.http.json": {
    parser: "v1 product",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/products-list-2021.http.json": {
    parser: "v1 products",
    gives: { rows: [{ productId: 3691668, sku: "ABC123" }] },
  },
  "shipstation-v1/shipment-voidlabel-docs-2017.json": {
    parser: "v1 labels",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/shipment-with-items-docs-2014.json": {
    parser: "v1 labels",
    gives: { rows: [{ shipmentId: 33974374, orderId: 43945660 }] },
    within: "shipments",
  },
  "shipstation-v1/shipments-getrates-2021.http.json": {
    parser: "v1 labels",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/shipments-list-2015.json": {
    parser: "v1 labels",
    gives: {
      rows: [
        { shipmentId: 101027951, orderId: 234567890 },
        { shipmentId: 123456789, orderId: 345678901 },
      ],
    },
  },
  "shipstation-v1/shipments-list-2020.json": {
    parser: "v1 labels",
    gives: { rows: [{ shipmentId: 42265036, orderId: 79969624 }] },
  },
  "shipstation-v1/shipments-list-docs-2017.json": {
    parser: "v1 labels",
    gives: {
      rows: [
        { shipmentId: 33974374, orderId: 43945660 },
        { shipmentId: 33974373, orderId: 43337328 },
      ],
    },
  },
  "shipstation-v1/store-deactivate-2021.http.json": {
    parser: "v1 stores",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/store-get-2021.http.json": { parser: "v1 stores", refused: "shipstation.unreadable" },
  "shipstation-v1/store-get-statusmappings-docs-2017.json": { parser: "v1 stores", refused: "shipstation.unreadable" },
  "shipstation-v1/store-getrefreshstatus-docs-2017.json": {
    parser: "v1 stores",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/stores-list-2020.json": {
    parser: "v1 stores",
    gives: [
      { storeId: 34567, storeName: "Mexico Amazon Store" },
      { storeId: 23456, storeName: "CA Amazon Store" },
      { storeId: 12345, storeName: "US Amazon Store" },
    ],
  },
  "shipstation-v1/stores-list-2021.http.json": {
    parser: "v1 stores",
    gives: [
      { storeId: 179188, storeName: "Manual Orders" },
      { storeId: 179331, storeName: "MyDemoStore" },
    ],
  },
  "shipstation-v1/stores-marketplaces-2021.http.json": { parser: "v1 stores", gives: [], stray: true },
  "shipstation-v1/users-list-2021.http.json": { parser: "v1 stores", gives: [], stray: true },
  "shipstation-v1/warehouse-create-2021.http.json": {
    parser: "v1 warehouses",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v1/warehouses-list-2021.http.json": {
    parser: "v1 warehouses",
    gives: [{ warehouseId: 511543, warehouseName: "New Ship From Location" }],
  },
  "shipstation-v1/webhook-order-notify-2024.http.json": { parser: "hook", gives: { hint: { stream: "orders" } } },
  "shipstation-v1/webhook-ship-notify-2024.json": { parser: "hook", gives: { hint: { stream: "shipments" } } },
  "shipstation-v1/webhook-ship-notify-host-ssapi6.json": { parser: "hook", gives: { hint: { stream: "shipments" } } },
  "shipstation-v1/webhook-subscribe-2021.http.json": { parser: "v1 webhook made", gives: undefined },
  "shipstation-v1/webhook-unsubscribe-2021.http.json": { parser: "v1 webhook deleted", gives: undefined },
  "shipstation-v1/webhooks-list-2021.http.json": {
    parser: "v1 webhooks",
    gives: [{ WebHookID: 3189, HookType: "ORDER_NOTIFY" }],
  },
  "shipstation-v2/labels-list-label-created-2026.json": {
    parser: "v2 labels",
    gives: { rows: [{ labelId: 184976210, orderId: 394477236 }] },
  },
  "shipstation-v2/se-addresses-validate.http.json": {
    parser: "v2 label",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-batch-get-processing.http.json": {
    parser: "v2 label",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-carriers-list.http.json": {
    parser: "v2 carriers",
    gives: [
      { code: "stamps_com", name: "Stamps.com" },
      { code: "ups", name: "UPS" },
    ],
  },
  "shipstation-v2/se-error-400-body-required.http.json": { parser: "v2 labels", refused: "shipstation.rejected" },
  "shipstation-v2/se-error-429-rate-limit.http.json": { parser: "v2 labels", refused: "shipstation.rate-limited" },
  "shipstation-v2/se-label-get.http.json": { parser: "v2 label", gives: { labelId: 453841868, orderId: 1382717005 } },
  "shipstation-v2/se-label-track-2021.http.json": { parser: "v2 label", refused: "shipstation.unreadable" },
  "shipstation-v2/se-label-track.http.json": { parser: "v2 label", refused: "shipstation.unreadable" },
  "shipstation-v2/se-label-void.http.json": { parser: "v2 label", refused: "shipstation.unreadable", stray: true },
  "shipstation-v2/se-labels-create-400.http.json": { parser: "v2 label", refused: "shipstation.rejected", stray: true },
  "shipstation-v2/se-labels-create.http.json": {
    parser: "v2 label",
    gives: { labelId: 453830494, orderId: 1382687409 },
  },
  "shipstation-v2/se-rates-errors-carrier-unknown.http.json": {
    parser: "v2 label",
    refused: "shipstation.rejected",
    stray: true,
  },
  "shipstation-v2/se-shipment-cancel-204.http.json": {
    parser: "v2 order",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-shipment-get-by-external-id-404.http.json": { parser: "v2 order", gives: undefined },
  "shipstation-v2/se-shipment-get-by-external-id.http.json": {
    parser: "v2 order",
    gives: { orderId: 1384670908, orderKey: "20240522120215" },
  },
  "shipstation-v2/se-shipment-get-cancelled.http.json": { parser: "v2 order", gives: undefined },
  "shipstation-v2/se-shipments-create-400.http.json": {
    parser: "v2 order",
    refused: "shipstation.rejected",
    stray: true,
  },
  "shipstation-v2/se-shipments-create.http.json": {
    parser: "v2 order",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-tracking-400.http.json": { parser: "v2 label", refused: "shipstation.rejected", stray: true },
  "shipstation-v2/se-tracking-start-204.http.json": {
    parser: "v2 label",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-warehouse-create-400.http.json": {
    parser: "v2 label",
    refused: "shipstation.rejected",
    stray: true,
  },
  "shipstation-v2/se-warehouse-create.http.json": {
    parser: "v2 label",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/se-warehouse-get-404.http.json": { parser: "v2 label", gives: undefined },
  "shipstation-v2/shipments-list-new-order-2026.json": {
    parser: "v2 order",
    refused: "shipstation.unreadable",
    stray: true,
  },
  "shipstation-v2/tracking-usps-no-scans.json": { parser: "v2 label", refused: "shipstation.unreadable" },
  "shipstation-v2/webhook-api-track-2019.json": { parser: "hook", gives: {} },
  "shipstation-v2/webhook-label-created-v2.json": { parser: "hook", gives: { hint: "shipments" } },
  "shipstation-v2/webhook-shipment-created-v2.json": { parser: "hook", gives: { hint: "orders" } },
  "shipstation-v2/webhook-signature-headers-template.http.json": { parser: "hook", gives: { hint: "shipments" } },
  "shipstation-v2/webhook-track-event-v2-fedex-delivered.json": { parser: "hook", gives: {} },
  "shipstation-v2/webhook-track-event-v2-ups-pre-transit.json": { parser: "hook", gives: {} },
};
