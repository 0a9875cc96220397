import { Code, Group, Stack, Text } from "@mantine/core";
import { type Problem, recordStates } from "../api.ts";
import { JsonBlock } from "../parts/json-block.tsx";
import { StateBadge } from "../parts/state-badge.tsx";

/**
 * What an audit entry adds to its event. The usual parts, `state`, `reason` and `problems`, are said in words; the
 * rest stays as name and value, and whole documents stay folded.
 */
export function AuditDetail({ detail }: { detail: unknown }) {
  if (!isObject(detail)) return null;
  const { state, reason, problems, ...rest } = detail;
  const known = recordStates.find((word) => word === state);
  const text = isObject(reason) && typeof reason["text"] === "string" ? reason["text"] : undefined;
  const small = Object.entries(rest).filter(([, value]) => isSmall(value));
  const large = Object.entries(rest).filter(([, value]) => isObject(value) || Array.isArray(value));
  return (
    <Stack gap={4}>
      {(known ?? text) && (
        <Group gap="xs">
          {known && <StateBadge state={known} />}
          {text && <Text size="sm">{text}</Text>}
        </Group>
      )}
      {Array.isArray(problems) &&
        (problems as Problem[]).map(({ field, found, cure }) => (
          <Text size="xs" key={`${field} ${cure}`}>
            <Code>{field}</Code> found “{found}”. {cure}
          </Text>
        ))}
      {small.length > 0 && (
        <Group gap="md" className="step-pairs">
          {small.map(([name, value]) => (
            <Text key={name} size="xs" className="breakable">
              <Text span inherit c="dimmed">
                {name}
              </Text>{" "}
              {String(value as string | number | boolean)}
            </Text>
          ))}
        </Group>
      )}
      {large.map(([name, value]) => (
        <JsonBlock key={name} title={name} value={value} />
      ))}
    </Stack>
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSmall = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);
