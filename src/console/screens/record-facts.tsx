import { Alert, Box, Code, Group, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { ConnectorRecord } from "../api.ts";
import { Copyable } from "../parts/copyable.tsx";
import { TextLink } from "../parts/link.tsx";
import { Reason } from "../parts/reason.tsx";
import { stateLooks } from "../parts/state-badge.tsx";
import { Time } from "../parts/time.tsx";
import { numberOf } from "../record-words.ts";

/** Why the record is where it is, and every field that stands in the way, all at once. */
export function RecordReason({ record }: { record: ConnectorRecord }) {
  if (!record.reason && record.problems.length === 0) return null;
  const look = stateLooks[record.state];
  return (
    <Alert color={look.color} icon={<look.sign />} data-testid="reason">
      <Stack gap="xs">
        {record.reason && <Reason reason={record.reason} />}
        {record.problems.length > 0 && (
          <Table className="records problems" data-testid="problems">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Field</Table.Th>
                <Table.Th>Found</Table.Th>
                <Table.Th>What to do</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {record.problems.map((problem) => (
                <Table.Tr key={`${problem.field} ${problem.cure}`}>
                  <Table.Td data-label="Field">
                    <Code className="breakable">{problem.field}</Code>
                  </Table.Td>
                  <Table.Td data-label="Found" className="breakable">
                    {problem.found || "(empty)"}
                  </Table.Td>
                  <Table.Td data-label="What to do">{problem.cure}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
    </Alert>
  );
}

export function RecordFacts({ record }: { record: ConnectorRecord }) {
  return (
    <Group align="flex-start" className="facts">
      {record.parentKey && (
        <Fact name="Order">
          <TextLink
            to="/records/$connection/$kind/$key"
            params={{ connection: record.connectionId, kind: "order", key: record.parentKey }}
            size="sm"
            className="mono"
          >
            {numberOf(record.parentKey).number}
          </TextLink>
        </Fact>
      )}
      <Fact name="ShipStation order">
        {record.shipstationOrderId && (
          <Copyable value={record.shipstationOrderId} label="Copy the ShipStation order id" />
        )}
      </Fact>
      <Fact name={record.trackingNumbers.length > 1 ? "Tracking numbers" : "Tracking number"}>
        {record.trackingNumbers.length > 0 && (
          <Stack gap={0} data-testid="tracking">
            {record.trackingNumbers.map((number) => (
              <Copyable key={number} value={number} label="Copy the tracking number" />
            ))}
          </Stack>
        )}
      </Fact>
      <Fact name="Acumatica shipment">{record.shipmentNbrs.join(", ")}</Fact>
      {record.attempts > 0 && <Fact name="Failed tries">{String(record.attempts)}</Fact>}
      {record.dueAt && (
        <Fact name="Next try">
          <Time at={record.dueAt} as="until" />
        </Fact>
      )}
      <Fact name="First seen">
        <Time at={record.firstSeenAt} />
      </Fact>
      <Fact name="Changed">
        <Time at={record.changedAt} />
      </Fact>
    </Group>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" component="div">
        {children === "" || children === null || children === false ? <span className="none">–</span> : children}
      </Text>
    </Box>
  );
}
