import { Box, Group, Text } from "@mantine/core";
import { type Connection, type RecordKind, recordStates } from "../api.ts";
import { PlainLink } from "../parts/link.tsx";
import { stateLooks } from "../parts/state-badge.tsx";

const headings: Record<RecordKind, string> = { order: "Orders", label: "Labels", item: "Items", customer: "Customers" };

/** How many records are in each state. Every figure leads to its list. */
export function StateCounts({ connection, kind }: { connection: Connection; kind: RecordKind }) {
  const counts = connection.counts[kind];
  const total = recordStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return (
    <Box className="counts">
      <Group gap={6} align="baseline" className="counts-head">
        <Text size="sm" fw={600}>
          {headings[kind]}
        </Text>
        <Text size="sm" c="dimmed" data-testid={`total-${kind}`}>
          {total.toLocaleString()}
        </Text>
      </Group>
      <Box className="counts-tiles">
        {recordStates.map((state) => {
          const { color, sign: Sign } = stateLooks[state];
          const count = counts[state] ?? 0;
          return (
            <PlainLink
              key={state}
              to="/records"
              search={{ connection: connection.id, kind, state }}
              className="count"
              data-empty={count === 0 || undefined}
              data-testid={`count-${kind}-${state}`}
              aria-label={`${count} ${headings[kind].toLowerCase()} ${state}`}
              style={{
                "--count-color": `var(--mantine-color-${color}-text)`,
                "--count-back": `var(--mantine-color-${color}-light)`,
              }}
            >
              <span className="count-number">{count.toLocaleString()}</span>
              <span className="count-state">
                <Sign size={12} stroke={2.2} aria-hidden />
                {state}
              </span>
            </PlainLink>
          );
        })}
      </Box>
    </Box>
  );
}
