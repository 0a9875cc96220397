import { Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconExternalLink, IconFileTypePdf } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ConnectorRecord } from "../api.ts";
import { parcelsQuery } from "../queries.ts";

/** Where the record's parcels travel, and their labels as PDF; without ShipStation's V2 it says what that would add. */
export function RecordParcels({ record, hasLabels }: { record: ConnectorRecord; hasLabels: boolean }) {
  const asked = useQuery({ ...parcelsQuery(record.connectionId, record.kind, record.key), enabled: hasLabels });
  if (!hasLabels || asked.isPending) return null;
  const { parcels, notice } = asked.isError ? { parcels: [], notice: asked.error.message } : asked.data;
  if (parcels.length === 0 && notice === null) return null;
  return (
    <Paper withBorder p="md" component="section" aria-label="Parcels" data-testid="parcels">
      <Title order={2} mb="xs">
        Parcels
      </Title>
      <Stack gap={6}>
        {parcels.map(({ label, trackingNumber, trackingUrl, hasPdf }) => (
          <Group key={label} gap="md">
            <Text size="sm" className="mono">
              {trackingNumber ?? label}
            </Text>
            {trackingUrl && (
              <Anchor href={trackingUrl} target="_blank" rel="noopener noreferrer" size="sm">
                Track the parcel <IconExternalLink size={13} aria-hidden />
              </Anchor>
            )}
            {hasPdf && (
              <Anchor href={pdfPath(record.connectionId, label)} download size="sm">
                Label as PDF <IconFileTypePdf size={13} aria-hidden />
              </Anchor>
            )}
          </Group>
        ))}
        {notice && (
          <Text size="sm" c="dimmed">
            {notice}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

const pdfPath = (connection: string, label: string): string =>
  `/api/v1/connections/${encodeURIComponent(connection)}/labels/${encodeURIComponent(label)}/pdf`;
