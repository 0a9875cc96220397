import { queryOptions } from "@tanstack/react-query";
import { get, request } from "./request.ts";

/** What the demo's two simulated systems hold; read from their own tables, past the connector. */
export interface DemoErpOrder {
  type: string;
  number: string;
  status: string;
  customer: string;
  shipments: { number: string; status: string; packages: { tracking: string | null }[] }[];
}

export interface DemoShipStationOrder {
  orderId: number;
  orderNumber: string;
  orderStatus: string;
  deleted: boolean;
  mergedInto: number | null;
  shipTo: { name?: string | null } | null;
}

export interface DemoLabel {
  shipmentId: number;
  orderId: number;
  trackingNumber: string | null;
  isReturnLabel: boolean;
  voided: boolean;
}

/** The tables come whole, so long ones are asked for less often. */
const refreshMs = (rows: number): number => (rows <= 300 ? 1_000 : 3_000);

export const demoErpOrdersQuery = queryOptions({
  queryKey: ["demo", "orders"],
  queryFn: async () => {
    const { orders } = await get<{ orders: DemoErpOrder[] }>("/demo/orders");
    return orders.toSorted((one, other) => other.number.localeCompare(one.number));
  },
  refetchInterval: (query) => refreshMs(query.state.data?.length ?? 0),
});

export const demoShipStationOrdersQuery = queryOptions({
  queryKey: ["demo", "shipstation", "orders"],
  queryFn: async () => {
    const { orders } = await get<{ orders: DemoShipStationOrder[] }>("/demo/shipstation/orders");
    return orders.toSorted((one, other) => other.orderNumber.localeCompare(one.orderNumber));
  },
  refetchInterval: (query) => refreshMs(query.state.data?.length ?? 0),
});

export const demoLabelsQuery = queryOptions({
  queryKey: ["demo", "shipstation", "labels"],
  queryFn: async () => (await get<{ labels: DemoLabel[] }>("/demo/shipstation/labels")).labels,
  refetchInterval: (query) => refreshMs(query.state.data?.length ?? 0),
});

/** Whether the simulated ShipStation sends its webhooks. */
export const demoWebhooksQuery = queryOptions({
  queryKey: ["demo", "settings"],
  queryFn: async () => {
    const { shipstation } = await get<{ shipstation: { webhooks?: boolean } }>("/demo/settings");
    return shipstation.webhooks ?? true;
  },
});

export const switchWebhooks = (webhooks: boolean): Promise<unknown> =>
  request("PUT", "/demo/settings", { shipstation: { webhooks } });
export const enterOrders = (count: number): Promise<unknown> => request("POST", "/demo/orders", { count });
export const buyLabel = (orderNumber: string): Promise<unknown> =>
  request("POST", "/demo/labels", { orderNumbers: [orderNumber] });
export const buyAllLabels = (): Promise<unknown> => request("POST", "/demo/labels", { all: true });
export const voidLabel = (label: DemoLabel): Promise<unknown> =>
  request("POST", `/demo/labels/${label.shipmentId}/void`);

export const trackingOf = (order: DemoErpOrder): string[] =>
  order.shipments.flatMap(({ packages }) => packages.flatMap(({ tracking }) => tracking ?? []));
