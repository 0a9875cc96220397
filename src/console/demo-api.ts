import { queryOptions } from "@tanstack/react-query";
import { get, request } from "./request.ts";

/** What the demo's two simulated systems hold; read from their own tables, past the connector. */
export interface DemoErpOrder {
  orderType: string;
  orderNbr: string;
  customer: string;
  status: string;
  shipmentNbrs: string[];
  trackingNumbers: string[];
}

export interface DemoShipStationOrder {
  orderId: number;
  orderNumber: string;
  customer: string;
  status: string;
}

export interface DemoLabel {
  id: string | number;
  orderNumber: string;
  trackingNumber: string;
  voided: boolean;
}

const refreshMs = 1_000;

export const demoErpOrdersQuery = queryOptions({
  queryKey: ["demo", "orders"],
  queryFn: async () => (await get<{ orders: DemoErpOrder[] }>("/demo/orders")).orders,
  refetchInterval: refreshMs,
});

export const demoShipStationOrdersQuery = queryOptions({
  queryKey: ["demo", "shipstation", "orders"],
  queryFn: async () => (await get<{ orders: DemoShipStationOrder[] }>("/demo/shipstation/orders")).orders,
  refetchInterval: refreshMs,
});

export const demoLabelsQuery = queryOptions({
  queryKey: ["demo", "shipstation", "labels"],
  queryFn: async () => (await get<{ labels: DemoLabel[] }>("/demo/shipstation/labels")).labels,
  refetchInterval: refreshMs,
});

export const enterOrders = (count: number): Promise<unknown> => request("POST", "/demo/orders", { count });
export const buyLabels = (orderNumbers: string[]): Promise<unknown> =>
  request("POST", "/demo/labels", { orderNumbers });
export const buyAllLabels = (): Promise<unknown> => request("POST", "/demo/labels", { all: true });
export const voidLabel = (label: DemoLabel): Promise<unknown> =>
  request("POST", `/demo/labels/${encodeURIComponent(label.id)}/void`);
