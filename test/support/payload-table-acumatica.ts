import type { PayloadRow } from "./payload-rows.ts";

/** What becomes of every recorded file of Acumatica: who meets it, and what comes of it. */
export const acumaticaPayloads: Record<string, PayloadRow> = {
  "acumatica/action-202-location-absolute.http.json": { parser: "erp action", refused: "acumatica.action-unfinished" },
  "acumatica/action-202-location-site-prefix.http.json": {
    parser: "erp action",
    refused: "acumatica.action-unfinished",
  },
  "acumatica/bill-put-422-detail-error.http.json": {
    parser: "erp shipment saved",
    refused: "acumatica.rejected",
    stray: true,
  },
  "acumatica/customer-get.json": {
    parser: "erp customers",
    gives: [{ id: "579fb525-0f96-e411-b335-e006e6dac1d7", CustomerID: "ABARTENDE" }],
    within: "list",
  },
  "acumatica/customer-put-200-autonumbered.http.json": {
    parser: "erp customers",
    gives: [{ id: "2eed8918-a59a-ee11-8359-0690322d016b", CustomerID: "C1165" }],
    within: "list",
  },
  "acumatica/customer-put-400-empty-body.http.json": { parser: "erp customers", refused: "acumatica.bad-request" },
  "acumatica/customers-list-top1.http.json": {
    parser: "erp customers",
    gives: [{ id: "0eaa2628-2945-ea11-817f-eb1af000b4cf", CustomerID: "C1001" }],
  },
  "acumatica/employees-list.json": { parser: "erp customers", gives: 5, stray: true },
  "acumatica/entity-get-26x-wrapper.json": {
    parser: "erp endpoints",
    gives: {
      build: "26.101.0225",
      endpoints: [
        { name: "Default", version: "25.200.001" },
        { name: "Bootstrap", version: "1.0.0" },
      ],
    },
  },
  "acumatica/error-429-login-plain-text.http.json": { parser: "erp sign-in", refused: "acumatica.session-limit" },
  "acumatica/error-500-no-entity-by-key.http.json": { parser: "erp order", gives: undefined },
  "acumatica/error-500-optimization-list-get.http.json": { parser: "erp items", refused: "acumatica.list-unsupported" },
  "acumatica/error-500-setup-not-entered.http.json": { parser: "erp customers", refused: "acumatica.setup-missing" },
  "acumatica/error-500-tenant-name.http.json": { parser: "erp sign-in", refused: "acumatica.tenant" },
  "acumatica/inquiry-put-results.json": { parser: "erp items", refused: "acumatica.unreadable", stray: true },
  "acumatica/login-204.http.json": { parser: "erp sign-in", gives: "signed in" },
  "acumatica/login-500-invalid-credentials.http.json": { parser: "erp sign-in", refused: "acumatica.credentials" },
  "acumatica/logout-204.http.json": { parser: "erp sign-out", gives: "signed out" },
  "acumatica/push-stockitem-status.json": { parser: "push", gives: { Query: "Stock Items: Last Modified Date" } },
  "acumatica/req-salesorder-createshipment-action.http.json": {
    parser: "erp order",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-salesorder-put-delete-line.http.json": {
    parser: "erp order",
    gives: { OrderType: "SO", OrderNbr: "000003", Details: [{}, { OrderQty: 5 }] },
    stray: true,
  },
  "acumatica/req-salesorder-put-rma-nbsp.http.json": {
    parser: "erp order",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-salesorder-put-with-allocations.http.json": {
    parser: "erp order",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-salesorder-put-with-uom.http.json": {
    parser: "erp order",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-shipment-confirm-action.http.json": {
    parser: "erp shipment saved",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-shipment-put-for-orders.http.json": {
    parser: "erp shipment saved",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-shipment-put-packages.http.json": {
    parser: "erp shipment saved",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/req-shipment-put-tracking.http.json": {
    parser: "erp shipment saved",
    refused: "acumatica.unreadable",
    stray: true,
  },
  "acumatica/salesinvoice-get-expanded.json": { parser: "erp order", refused: "acumatica.unreadable", stray: true },
  "acumatica/salesorder-put-200-header-only.http.json": {
    parser: "erp order",
    gives: { id: "7483d952-ba9a-ee11-8359-0690322d016b", OrderType: "SO" },
  },
  "acumatica/salesorder-put-200-unknown-field-ignored.http.json": {
    parser: "erp order",
    gives: {
      id: "13582ef4-ba9a-ee11-8359-0690322d016b",
      OrderType: "SO",
      Details: [{ id: "19582ef4-ba9a-ee11-8359-0690322d016b", LineNbr: 1 }],
    },
  },
  "acumatica/stockitem-put-200-new-key.http.json": {
    parser: "erp items",
    gives: [{ id: "5ceeb169-269a-ee11-8359-0690322d016b", InventoryID: "<NEW>" }],
    within: "list",
  },
  "acumatica/stockitems-list-top1.http.json": {
    parser: "erp items",
    gives: [{ id: "b08af164-54aa-e911-817b-d7488dc14417", InventoryID: "#12-796524" }],
  },
};
