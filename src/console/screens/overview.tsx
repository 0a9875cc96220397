import { Code, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Copy } from "../parts/copyable.tsx";
import { Empty, Failure, Loading } from "../parts/messages.tsx";
import { connectionsQuery } from "../queries.ts";
import { isUnreachable } from "../request.ts";
import { ConnectionCard } from "./connection-card.tsx";

export function Overview() {
  useDocumentTitle("Overview · ml-connector");
  const connections = useQuery(connectionsQuery);
  return (
    <Stack gap="md">
      <Title order={1}>Overview</Title>
      {connections.error && !isUnreachable(connections.error) && (
        <Failure error={connections.error} retry={() => void connections.refetch()} />
      )}
      {connections.isPending && <Loading what="Loading the connections" />}
      {connections.data?.length === 0 && <NoConnection />}
      {connections.data?.map((connection) => (
        <ConnectionCard key={connection.id} connection={connection} />
      ))}
    </Stack>
  );
}

const sample = `{
  "name": "Our company",
  "acumatica": {
    "instanceUrl": "https://erp.example.com/AcumaticaERP",
    "tenant": "Company",
    "endpointVersion": "24.200.001",
    "username": "connector",
    "password": "..."
  },
  "shipstation": { "apiKey": "...", "apiSecret": "..." }
}`;
const command = "npm run ml-connector -- connection add --file connection.json";

function NoConnection() {
  return (
    <Empty title="No connection yet" icon={<IconPlugConnected size={36} stroke={1.4} aria-hidden />}>
      <Text size="sm" ta="center">
        A connection pairs one Acumatica tenant with one ShipStation account. Put both sets of credentials into a file
        named <Code>connection.json</Code>:
      </Text>
      <Sample text={sample} label="Copy the sample file" />
      <Text size="sm">Then, on the machine where the service runs:</Text>
      <Sample text={command} label="Copy the command" />
      <Text size="sm" c="dimmed" ta="center">
        The credentials are stored encrypted and are never shown again. Delete the file afterwards, then use “Check fit”
        here: it reads both systems and writes nothing.
      </Text>
    </Empty>
  );
}

function Sample({ text, label }: { text: string; label: string }) {
  return (
    <Group w="100%" className="sample" wrap="nowrap" align="flex-start">
      <pre tabIndex={0}>{text}</pre>
      <Copy value={text} label={label} />
    </Group>
  );
}
