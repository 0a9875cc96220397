import { Badge, Tooltip } from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconCheck,
  IconClockHour4,
  IconFilter,
  IconHourglass,
  IconPlayerSkipForward,
  IconX,
} from "@tabler/icons-react";
import type { RecordState } from "../api.ts";

/** The words an Acumatica admin knows, with a colour and a sign each: colour alone is not enough for everybody. */
export const stateLooks: Record<RecordState, { color: string; sign: Icon; meaning: string }> = {
  Prepared: { color: "blue", sign: IconClockHour4, meaning: "Known, and work is due." },
  Processed: { color: "teal", sign: IconCheck, meaning: "Both systems agree." },
  Failed: { color: "orange", sign: IconAlertTriangle, meaning: "Will be tried again at the time shown." },
  Aborted: { color: "red", sign: IconX, meaning: "Gave up: a person must do something." },
  Filtered: { color: "gray", sign: IconFilter, meaning: "Left out by a rule, which is named." },
  Skipped: { color: "grape", sign: IconPlayerSkipForward, meaning: "Left out by a person." },
  Waiting: { color: "yellow", sign: IconHourglass, meaning: "Waiting, with a reason and a time." },
};

export function StateBadge({ state, size = "md" }: { state: RecordState; size?: "md" | "lg" }) {
  const look = stateLooks[state];
  return (
    <Tooltip label={look.meaning}>
      <Badge color={look.color} size={size} leftSection={<look.sign size={13} stroke={2.2} />} data-state={state}>
        {state}
      </Badge>
    </Tooltip>
  );
}
