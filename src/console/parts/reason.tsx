import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Reason as ReasonOf } from "../api.ts";
import { errorsQuery } from "../queries.ts";
import { TextLink } from "./link.tsx";

/** Why something is where it is, what to do about it, and where to read more. */
export function Reason({ reason }: { reason: ReasonOf }) {
  return (
    <Stack gap={2}>
      <Text size="sm" fw={500}>
        {reason.text}
      </Text>
      {reason.cure && <Text size="sm">{reason.cure}</Text>}
      <CodeLink code={reason.code} />
    </Stack>
  );
}

/** Only errors have pages: a reason can also be the name of a rule. */
function CodeLink({ code }: { code: string }) {
  const errors = useQuery(errorsQuery);
  if (!errors.data?.some((error) => error.code === code)) {
    return (
      <Text size="xs" c="dimmed" className="mono breakable">
        {code}
      </Text>
    );
  }
  return (
    <TextLink to="/errors/$code" params={{ code }} size="xs" ff="monospace" className="breakable">
      {code}
    </TextLink>
  );
}
