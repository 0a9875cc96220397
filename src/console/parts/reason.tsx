import { Stack, Text } from "@mantine/core";
import type { Reason as ReasonOf } from "../api.ts";
import { TextLink } from "./link.tsx";

/** Why something is where it is, what to do about it, and where to read more. */
export function Reason({ reason }: { reason: ReasonOf }) {
  return (
    <Stack gap={2}>
      <Text size="sm" fw={500}>
        {reason.text}
      </Text>
      <Text size="sm">{reason.cure}</Text>
      <CodeLink code={reason.code} />
    </Stack>
  );
}

export function CodeLink({ code }: { code: string }) {
  return (
    <TextLink to="/errors/$code" params={{ code }} size="xs" ff="monospace" className="breakable">
      {code}
    </TextLink>
  );
}
