import { Badge, Button, Group, Paper, Table, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useAction } from "../actions.ts";
import { type DemoErpOrder, enterOrders, trackingOf } from "../demo-api.ts";
import { TextLink } from "../parts/link.tsx";
import { connectionsQuery } from "../queries.ts";
import { More, newest } from "./demo-rows.tsx";

const statusColors: { [status: string]: string } = {
  Open: "blue",
  Shipping: "yellow",
  Completed: "teal",
  "On Hold": "gray",
  Canceled: "gray",
};

/** What a sales clerk would see in the ERP. */
export function DemoErp({ orders }: { orders: DemoErpOrder[] }) {
  const connections = useQuery(connectionsQuery);
  const connection = connections.data?.[0]?.id;
  return (
    <Paper withBorder className="table-paper" component="section" aria-label="Acumatica" data-testid="demo-acumatica">
      <Group justify="space-between" px="md" py="sm" gap="xs">
        <Title order={2}>Acumatica</Title>
        <Group gap={6}>
          <Text size="sm" c="dimmed">
            New orders:
          </Text>
          {[1, 10, 100].map((count) => (
            <NewOrders key={count} count={count} />
          ))}
        </Group>
      </Group>
      {orders.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          No orders yet. Enter one with the buttons above.
        </Text>
      ) : (
        <Table className="records" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              {["Order", "Customer", "Status", "Shipment", "Tracking"].map((heading) => (
                <Table.Th key={heading}>{heading}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {newest(orders).map((order) => (
              <Table.Tr key={`${order.type} ${order.number}`} data-testid={`erp-${order.number}`}>
                <Table.Td data-label="Order">
                  <OrderLink order={order} connection={connection} />
                </Table.Td>
                <Table.Td data-label="Customer" className="cut" title={order.customer}>
                  {order.customer}
                </Table.Td>
                <Table.Td data-label="Status">
                  <Badge color={statusColors[order.status] ?? "gray"}>{order.status}</Badge>
                </Table.Td>
                <Table.Td data-label="Shipment" className="mono nowrap">
                  {order.shipments.map((shipment) => (
                    <div key={shipment.number} title={shipment.status}>
                      {shipment.number}
                    </div>
                  ))}
                </Table.Td>
                <Table.Td data-label="Tracking" className="mono nowrap">
                  {trackingOf(order).map((number) => (
                    <div key={number}>{number}</div>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More total={orders.length} />
    </Paper>
  );
}

function NewOrders({ count }: { count: number }) {
  const enter = useAction({ run: () => enterOrders(count) });
  return (
    <Button
      variant="default"
      leftSection={<IconPlus size={14} />}
      loading={enter.isPending}
      onClick={() => enter.mutate()}
      aria-label={count === 1 ? "Enter 1 order" : `Enter ${count} orders`}
      data-testid={`new-orders-${count}`}
    >
      {count}
    </Button>
  );
}

function OrderLink({ order, connection }: { order: DemoErpOrder; connection: string | undefined }) {
  if (connection === undefined) return <span className="mono">{order.number}</span>;
  return (
    <TextLink
      to="/records/$connection/$kind/$key"
      params={{ connection, kind: "order", key: `${order.type}/${order.number}` }}
      size="sm"
      fw={600}
      className="mono"
    >
      {order.number}
    </TextLink>
  );
}
