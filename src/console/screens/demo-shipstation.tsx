import { Badge, Button, Group, Paper, Table, Text, Title } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { useAction } from "../actions.ts";
import { type DemoLabel, type DemoShipStationOrder, buyAllLabels, buyLabels, voidLabel } from "../demo-api.ts";
import { More, newest } from "./demo-erp.tsx";

/** ShipStation's own words, as people read them there. */
const statuses: { [status: string]: { color: string; word: string } } = {
  awaiting_payment: { color: "gray", word: "Awaiting payment" },
  awaiting_shipment: { color: "blue", word: "Awaiting shipment" },
  shipped: { color: "teal", word: "Shipped" },
  on_hold: { color: "gray", word: "On hold" },
  cancelled: { color: "gray", word: "Cancelled" },
};

/** What a packer would see in ShipStation. Labels are bought here, never by the connector. */
export function DemoShipStation({ orders, labels }: { orders: DemoShipStationOrder[]; labels: DemoLabel[] }) {
  const buyAll = useAction({ run: buyAllLabels });
  const waiting = orders.filter((order) => order.status === "awaiting_shipment").length;
  const labelsOf = Map.groupBy(labels, (label) => label.orderNumber);
  return (
    <Paper
      withBorder
      className="table-paper"
      component="section"
      aria-label="ShipStation"
      data-testid="demo-shipstation"
    >
      <Group justify="space-between" p="sm" gap="xs">
        <Title order={2}>ShipStation</Title>
        <Button
          leftSection={<IconTag size={14} />}
          disabled={waiting === 0}
          loading={buyAll.isPending}
          onClick={() => buyAll.mutate()}
          data-testid="buy-all"
        >
          Buy all labels{waiting > 0 && ` (${waiting})`}
        </Button>
      </Group>
      {orders.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          No orders yet. They arrive by themselves, once there are some in Acumatica.
        </Text>
      ) : (
        <Table className="records" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              {["Order", "Customer", "Status", "Labels"].map((heading) => (
                <Table.Th key={heading}>{heading}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {newest(orders).map((order) => (
              <Row key={order.orderId} order={order} labels={labelsOf.get(order.orderNumber) ?? []} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More total={orders.length} />
    </Paper>
  );
}

function Row({ order, labels }: { order: DemoShipStationOrder; labels: DemoLabel[] }) {
  const buy = useAction({ run: () => buyLabels([order.orderNumber]) });
  const status = statuses[order.status] ?? { color: "gray", word: order.status };
  return (
    <Table.Tr data-testid={`shipstation-${order.orderNumber}`}>
      <Table.Td data-label="Order" className="mono">
        {order.orderNumber}
      </Table.Td>
      <Table.Td data-label="Customer">{order.customer}</Table.Td>
      <Table.Td data-label="Status">
        <Badge color={status.color}>{status.word}</Badge>
      </Table.Td>
      <Table.Td data-label="Labels">
        {labels.map((label) => (
          <Label key={label.id} label={label} />
        ))}
        {order.status === "awaiting_shipment" && (
          <Button
            size="compact-xs"
            variant="light"
            loading={buy.isPending}
            onClick={() => buy.mutate()}
            data-testid={`buy-${order.orderNumber}`}
          >
            Buy label
          </Button>
        )}
        {labels.length === 0 && order.status !== "awaiting_shipment" && <span className="none">–</span>}
      </Table.Td>
    </Table.Tr>
  );
}

function Label({ label }: { label: DemoLabel }) {
  const cancel = useAction({ run: () => voidLabel(label) });
  return (
    <Group gap={6} wrap="nowrap" justify="space-between" className="label-line">
      <Text span size="sm" className="mono breakable" td={label.voided ? "line-through" : undefined}>
        {label.trackingNumber}
      </Text>
      {label.voided ? (
        <Text span size="xs" c="dimmed">
          voided
        </Text>
      ) : (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
          aria-label={`Void label ${label.trackingNumber}`}
          data-testid={`void-${label.id}`}
        >
          Void
        </Button>
      )}
    </Group>
  );
}
