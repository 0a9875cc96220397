import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlayerSkipForward, IconRefresh } from "@tabler/icons-react";
import { type SubmitEvent, useState } from "react";
import { useAction } from "../actions.ts";
import type { ConnectorRecord } from "../api.ts";
import { Failure } from "../parts/messages.tsx";
import { recordPath } from "../queries.ts";
import { nameOf } from "../record-words.ts";
import { replayRecords } from "../replay.ts";
import { request } from "../request.ts";

export function RecordActions({ record }: { record: ConnectorRecord }) {
  const [isOpen, modal] = useDisclosure(false);
  const replay = useAction({
    run: () => replayRecords([record]),
    say: ({ replayed }) =>
      replayed > 0 ? `${nameOf(record)} is being planned again.` : `${nameOf(record)} cannot be replayed now.`,
  });
  return (
    <Group gap={6}>
      <Button
        leftSection={<IconRefresh size={15} />}
        loading={replay.isPending}
        onClick={() => replay.mutate()}
        data-testid="replay"
      >
        Replay
      </Button>
      {record.state !== "Processed" && record.state !== "Skipped" && (
        <Button
          variant="default"
          leftSection={<IconPlayerSkipForward size={15} />}
          onClick={modal.open}
          data-testid="skip"
        >
          Skip
        </Button>
      )}
      <Modal opened={isOpen} onClose={modal.close} title={`Skip ${nameOf(record)}`} centered>
        <SkipForm record={record} close={modal.close} />
      </Modal>
    </Group>
  );
}

/** Leaving something out is a decision: who and why are kept with the record. */
function SkipForm({ record, close }: { record: ConnectorRecord; close: () => void }) {
  const [why, setWhy] = useState("");
  const skip = useAction({
    run: () => request("POST", `${recordPath(record.connectionId, record.kind, record.key)}/skip`, { why: why.trim() }),
    say: () => `${nameOf(record)} is skipped.`,
    done: close,
    quiet: true,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    skip.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">
          The connector will leave this record alone until somebody replays it. Your name and the reason are kept with
          it.
        </Text>
        <Textarea
          label="Why?"
          required
          autosize
          minRows={2}
          maxLength={500}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
          data-autofocus
          data-testid="skip-why"
        />
        {skip.error && <Failure error={skip.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" disabled={why.trim() === ""} loading={skip.isPending} data-testid="skip-confirm">
            Skip this record
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
