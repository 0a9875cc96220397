import { Anchor, Breadcrumbs, Box, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Connection, ConnectorRecord, RecordDetail } from "../api.ts";
import { JsonBlock } from "../parts/json-block.tsx";
import { TextLink } from "../parts/link.tsx";
import { Failure, Loading } from "../parts/messages.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Time } from "../parts/time.tsx";
import { aboutQuery, connectionsQuery, recordQuery } from "../queries.ts";
import { isUnreachable } from "../request.ts";
import { kindOf, nameOf, numberOf, shownKey } from "../record-words.ts";
import { sayName } from "../words.ts";
import { RecordActions } from "./record-actions.tsx";
import { RecordFacts, RecordReason } from "./record-facts.tsx";
import { RecordParcels } from "./record-parcels.tsx";
import { Timeline } from "./timeline.tsx";

const route = getRouteApi("/records/$connection/$kind/$key");

/** One record, one page: where it stands, what to do, and everything that ever happened to it. */
export function Record() {
  const { connection, kind, key } = route.useParams();
  useDocumentTitle(`${shownKey({ kind: kindOf(kind), key })} · ml-connector`);
  const detail = useQuery(recordQuery(connection, kind, key));
  return (
    <Stack gap="md">
      <Breadcrumbs>
        <TextLink to="/records" search={{}} size="sm">
          Records
        </TextLink>
        <Text size="sm" c="dimmed">
          {shownKey({ kind: kindOf(kind), key })}
        </Text>
      </Breadcrumbs>
      {detail.error && !isUnreachable(detail.error) && (
        <Failure error={detail.error} retry={() => void detail.refetch()} />
      )}
      {detail.isPending && <Loading what="Loading the record" />}
      {detail.data && <Page detail={detail.data} />}
    </Stack>
  );
}

function Page({ detail }: { detail: RecordDetail }) {
  const { record } = detail;
  return (
    <>
      <Paper withBorder p="md" component="header">
        <Stack gap="sm">
          <Group justify="space-between" align="flex-start">
            <Box miw={0}>
              <Group gap="xs">
                <Title order={1} data-testid="record-title">
                  {nameOf(record)}
                </Title>
                <StateBadge state={record.state} size="lg" />
              </Group>
              <Text size="sm" c="dimmed">
                {[record.title, record.connectionId].filter(Boolean).join(" · ")} <AcumaticaLink record={record} />
              </Text>
            </Box>
            <RecordActions record={record} />
          </Group>
          <RecordReason record={record} />
          <RecordFacts record={record} />
        </Stack>
      </Paper>
      <div className="record-columns">
        <Stack gap="md" miw={0}>
          {detail.labels.length > 0 && <Labels labels={detail.labels} />}
          <RecordParcels record={record} hasLabels={record.kind === "label" || detail.labels.length > 0} />
          <Timeline entries={detail.timeline} about={`${record.kind}:${record.key}`} />
        </Stack>
        <Documents detail={detail} />
      </div>
    </>
  );
}

function Labels({ labels }: { labels: ConnectorRecord[] }) {
  return (
    <Paper withBorder className="table-paper" component="section" aria-label="Labels">
      <Title order={2} p="md" pb={4}>
        Labels
      </Title>
      <Table className="records" data-testid="labels" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {["Label", "State", "Tracking", "Shipment", "Changed"].map((heading) => (
              <Table.Th key={heading}>{heading}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {labels.map((label) => (
            <Table.Tr key={label.key}>
              <Table.Td data-label="Label">
                <TextLink
                  to="/records/$connection/$kind/$key"
                  params={{ connection: label.connectionId, kind: label.kind, key: label.key }}
                  size="sm"
                  fw={600}
                  className="mono"
                >
                  {label.key}
                </TextLink>
              </Table.Td>
              <Table.Td data-label="State">
                <StateBadge state={label.state} />
                {label.reason && (
                  <Text size="xs" c="dimmed">
                    {label.reason.text}
                  </Text>
                )}
              </Table.Td>
              <Table.Td data-label="Tracking" className="mono">
                {label.trackingNumbers.join(", ") || "–"}
              </Table.Td>
              <Table.Td data-label="Shipment" className="mono">
                {label.shipmentNbrs.join(", ") || "–"}
              </Table.Td>
              <Table.Td data-label="Changed">
                <Time at={label.changedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

/** The documents behind the page, for whoever wants to check it. */
function Documents({ detail: { links, plans, effects, source } }: { detail: RecordDetail }) {
  return (
    <Paper withBorder p="md" component="aside" aria-label="Documents" className="documents">
      {links.length > 0 && (
        <>
          <Title order={2} mb={4}>
            Links
          </Title>
          <Stack gap={2} mb="md" data-testid="links">
            {links.map((link) => (
              <Text size="sm" key={`${link.kind} ${link.key} ${link.system} ${link.remoteId}`}>
                <span className="mono">{shownKey(link)}</span> is <span className="mono">{link.remoteId}</span> in{" "}
                {sayName(link.system)}
              </Text>
            ))}
          </Stack>
        </>
      )}
      <Title order={2} mb="xs">
        Documents
      </Title>
      <Stack gap={6}>
        <JsonBlock title="Source, as last read" value={source} />
        {plans.map((plan, index) => (
          <JsonBlock
            key={index}
            title={plans.length > 1 ? `Shipment plan ${index + 1}` : "Shipment plan"}
            value={plan}
          />
        ))}
        {effects.map((effect, index) => (
          <JsonBlock key={index} title={effectTitle(effect)} value={effect} />
        ))}
      </Stack>
    </Paper>
  );
}

function effectTitle(effect: RecordDetail["effects"][number]): string {
  const words = [effect["effectKey"], effect["state"]].filter((word) => typeof word === "string");
  return words.length > 0 ? `Effect ${words.join(" · ")}` : "Effect";
}

/** Opens the order on its form in the ERP. The demo's ERP is simulated and has no forms. */
function AcumaticaLink({ record }: { record: ConnectorRecord }) {
  const about = useQuery({ ...aboutQuery, enabled: false });
  const connections = useQuery({ ...connectionsQuery, enabled: false });
  const connection = connections.data?.find(({ id }) => id === record.connectionId);
  const { number, type } = numberOf(record.key);
  if (!connection || about.data?.demo !== false || record.kind !== "order" || type === null) return null;
  return (
    <Anchor href={orderForm(connection, type, number)} target="_blank" rel="noopener noreferrer" size="sm">
      Open in Acumatica <IconExternalLink size={13} aria-hidden />
    </Anchor>
  );
}

function orderForm({ acumatica }: Connection, type: string, number: string): string {
  const query = new URLSearchParams({ ScreenId: "SO301000", OrderType: type, OrderNbr: number });
  return `${acumatica.instanceUrl.replace(/\/+$/, "")}/Main?${query.toString()}`;
}
