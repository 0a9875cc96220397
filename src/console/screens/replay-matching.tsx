import { Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useAction } from "../actions.ts";
import { type Connection, replayLimit } from "../api.ts";
import { Failure, Loading } from "../parts/messages.tsx";
import type { RecordFilter } from "../queries.ts";
import { replayMatching, replayedText } from "../replay.ts";

/** Counts first, then asks, then replays everything that the list is narrowed to. */
export function ReplayMatching({ filter, connections }: { filter: RecordFilter; connections: Connection[] }) {
  const [isOpen, modal] = useDisclosure(false);
  const ids = filter.connection ? [filter.connection] : connections.map(({ id }) => id);
  return (
    <>
      <Button variant="default" disabled={ids.length === 0} onClick={modal.open} data-testid="replay-matching">
        Replay all matching
      </Button>
      <Modal opened={isOpen} onClose={modal.close} title="Replay all matching records" centered>
        <Question filter={filter} connections={ids} close={modal.close} />
      </Modal>
    </>
  );
}

function Question({ filter, connections, close }: { filter: RecordFilter; connections: string[]; close: () => void }) {
  const { connection: _, ...rest } = filter;
  const wanted = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const count = useQuery({
    queryKey: ["replay-count", connections, wanted],
    queryFn: () => replayMatching(connections, { ...wanted, dryRun: true }),
    gcTime: 0,
  });
  const replay = useAction({ run: () => replayMatching(connections, wanted), say: replayedText, done: close });
  if (count.isPending) return <Loading what="Counting" />;
  if (count.error) return <Failure error={count.error} retry={() => void count.refetch()} />;
  const { matched } = count.data;
  const atOnce = Math.min(matched, replayLimit * connections.length);
  return (
    <Stack gap="sm" data-testid="replay-question">
      <Text size="sm">
        <b data-testid="replay-count">{matched.toLocaleString()}</b>{" "}
        {matched === 1 ? "record matches" : "records match"}
        {Object.keys(wanted).length === 0 && ": no filter is set, so this is every record"}.
      </Text>
      {Object.entries(wanted).map(([name, value]) => (
        <Text size="sm" key={name}>
          {name}: <Code>{value}</Code>
        </Text>
      ))}
      <Text size="sm" c="dimmed">
        A replay plans each record again from what both systems say now. What is already right is not written again.
      </Text>
      {atOnce < matched && (
        <Text size="sm">At most {replayLimit} of a connection are replayed at once; do it again for the others.</Text>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close} data-autofocus>
          Cancel
        </Button>
        <Button
          disabled={matched === 0}
          loading={replay.isPending}
          onClick={() => replay.mutate()}
          data-testid="replay-confirm"
        >
          Replay {atOnce.toLocaleString()}
        </Button>
      </Group>
    </Stack>
  );
}
