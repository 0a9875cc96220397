import { Badge, Button, Group, Paper, Switch, Table, Text, Title, Tooltip } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useAction } from "../actions.ts";
import {
  type DemoLabel,
  type DemoShipStationOrder,
  buyAllLabels,
  buyLabel,
  demoWebhooksQuery,
  switchWebhooks,
  voidLabel,
} from "../demo-api.ts";
import { More, newest } from "./demo-rows.tsx";

const waiting = "awaiting_shipment";

/** ShipStation's own words, as people read them there. */
const statuses: { [status: string]: { color: string; word: string } } = {
  awaiting_payment: { color: "gray", word: "Awaiting payment" },
  [waiting]: { color: "blue", word: "Awaiting shipment" },
  pending_fulfillment: { color: "gray", word: "Pending fulfilment" },
  shipped: { color: "teal", word: "Shipped" },
  on_hold: { color: "gray", word: "On hold" },
  cancelled: { color: "gray", word: "Cancelled" },
};

function statusOf(order: DemoShipStationOrder): { color: string; word: string } {
  if (order.deleted) return { color: "gray", word: "Deleted" };
  if (order.mergedInto !== null) return { color: "gray", word: `Merged into ${order.mergedInto}` };
  return statuses[order.orderStatus] ?? { color: "gray", word: order.orderStatus };
}

const canShip = (order: DemoShipStationOrder): boolean =>
  order.orderStatus === waiting && !order.deleted && order.mergedInto === null;

/** What a packer would see in ShipStation. Labels are bought here, never by the connector. */
export function DemoShipStation({ orders, labels }: { orders: DemoShipStationOrder[]; labels: DemoLabel[] }) {
  const buyAll = useAction({ run: buyAllLabels });
  const open = orders.filter(canShip).length;
  const labelsOf = Map.groupBy(labels, (label) => label.orderId);
  return (
    <Paper
      withBorder
      className="table-paper"
      component="section"
      aria-label="ShipStation"
      data-testid="demo-shipstation"
    >
      <Group justify="space-between" px="md" py="sm" gap="xs">
        <Title order={2}>ShipStation</Title>
        <Group gap="md">
          <Webhooks />
          <Button
            leftSection={<IconTag size={14} />}
            disabled={open === 0}
            loading={buyAll.isPending}
            onClick={() => buyAll.mutate()}
            data-testid="buy-all"
          >
            Buy all labels{open > 0 && ` (${open})`}
          </Button>
        </Group>
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
              <Row key={order.orderId} order={order} labels={labelsOf.get(order.orderId) ?? []} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More total={orders.length} />
    </Paper>
  );
}

/** Without webhooks the polls find every label; it only takes until the next one. */
function Webhooks() {
  const webhooks = useQuery(demoWebhooksQuery);
  const client = useQueryClient();
  const change = useAction({
    run: switchWebhooks,
    done: (_, isOn) => client.setQueryData(demoWebhooksQuery.queryKey, isOn),
  });
  return (
    <Tooltip
      label="Off: every webhook is lost, and the next poll finds the labels. “Wake now” polls at once."
      multiline
      maw={260}
    >
      <Switch
        size="xs"
        label="Webhooks"
        checked={change.isPending ? change.variables : (webhooks.data ?? true)}
        disabled={webhooks.data === undefined}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
        data-testid="webhooks"
      />
    </Tooltip>
  );
}

function Row({ order, labels }: { order: DemoShipStationOrder; labels: DemoLabel[] }) {
  const buy = useAction({ run: () => buyLabel(order.orderNumber) });
  const status = statusOf(order);
  const customer = order.shipTo?.name ?? "";
  return (
    <Table.Tr data-testid={`shipstation-${order.orderNumber}`}>
      <Table.Td data-label="Order" className="mono">
        {order.orderNumber}
      </Table.Td>
      <Table.Td data-label="Customer" className="cut" title={customer}>
        {customer}
      </Table.Td>
      <Table.Td data-label="Status">
        <Badge color={status.color}>{status.word}</Badge>
      </Table.Td>
      <Table.Td data-label="Labels">
        <div>
          {labels.map((label) => (
            <Label key={label.shipmentId} label={label} />
          ))}
          {canShip(order) && (
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
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function Label({ label }: { label: DemoLabel }) {
  const cancel = useAction({ run: () => voidLabel(label) });
  const number = label.trackingNumber ?? `label ${label.shipmentId}`;
  return (
    <Group gap={6} wrap="nowrap" justify="space-between">
      <Text span className="mono nowrap" td={label.voided ? "line-through" : undefined}>
        {number}
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
          aria-label={`Void label ${number}`}
          data-testid={`void-${label.shipmentId}`}
        >
          Void
        </Button>
      )}
    </Group>
  );
}
