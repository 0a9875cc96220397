import { Text } from "@mantine/core";
import { IconInbox, IconSearchOff } from "@tabler/icons-react";
import type { Connection } from "../api.ts";
import { TextLink } from "../parts/link.tsx";
import { Empty } from "../parts/messages.tsx";
import type { RecordFilter } from "../queries.ts";

/** Nothing to list: because of the filter, because nothing came yet, or because nothing is connected. */
export function NoRecords({ filter, connections }: { filter: RecordFilter; connections: Connection[] | undefined }) {
  if (Object.keys(filter).length > 0) {
    return (
      <Empty title="No record matches" icon={<IconSearchOff size={36} stroke={1.4} aria-hidden />}>
        <Text size="sm" c="dimmed" ta="center">
          {filter.search
            ? "The search looks at order numbers, customers and tracking numbers. An order that was left out by a rule is listed too, as Filtered; one that is not here at all has not been read yet. "
            : "Nothing is in this state now. "}
          <TextLink to="/records" search={{}} size="sm">
            Show all records
          </TextLink>
        </Text>
      </Empty>
    );
  }
  const isConnected = connections === undefined || connections.length > 0;
  return (
    <Empty title="Nothing here yet" icon={<IconInbox size={36} stroke={1.4} aria-hidden />}>
      <Text size="sm" c="dimmed" ta="center">
        {isConnected
          ? "Records appear when the next poll reads orders from Acumatica. To poll at once, choose “Wake now” on the "
          : "Records appear once a connection exists. How to add one is told on the "}
        <TextLink to="/" size="sm">
          overview
        </TextLink>
        .
      </Text>
    </Empty>
  );
}
