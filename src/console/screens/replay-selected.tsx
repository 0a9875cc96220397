import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useAction } from "../actions.ts";
import type { ConnectorRecord } from "../api.ts";
import { replayRecords, replayedText } from "../replay.ts";

/** Harmless by design: a replay plans again from the sources and writes nothing that is already so. */
export function ReplaySelected({ records, done }: { records: ConnectorRecord[]; done: () => void }) {
  const replay = useAction({ run: () => replayRecords(records), say: replayedText, done });
  return (
    <Button
      variant={records.length > 0 ? "filled" : "default"}
      leftSection={<IconRefresh size={15} />}
      disabled={records.length === 0}
      loading={replay.isPending}
      onClick={() => replay.mutate()}
      data-testid="replay-selected"
    >
      Replay selected{records.length > 0 && ` (${records.length})`}
    </Button>
  );
}
