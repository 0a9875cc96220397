import { Box, Group, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import { Copy } from "./copyable.tsx";

/** Text that holds JSON is shown as JSON; anything else as it is. */
export function pretty(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    const parsed = JSON.parse(value) as unknown;
    return typeof parsed === "object" ? JSON.stringify(parsed, null, 2) : value;
  } catch {
    return value;
  }
}

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** A document behind a heading that opens and closes; says so when there is nothing in it. */
export function JsonBlock({ title, value, open = false }: { title: string; value: unknown; open?: boolean }) {
  const [isOpen, setOpen] = useState(open);
  const id = useId();
  if (isNothing(value)) return null;
  const text = pretty(value);
  return (
    <Box className="json">
      <Group gap={4} justify="space-between" wrap="nowrap">
        <UnstyledButton
          className="json-title"
          onClick={() => setOpen(!isOpen)}
          aria-expanded={isOpen}
          aria-controls={id}
        >
          {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          {title}
        </UnstyledButton>
        <Copy value={text} label={`Copy: ${title}`} />
      </Group>
      {isOpen && (
        <pre id={id} className="json-text" tabIndex={0}>
          {text}
        </pre>
      )}
    </Box>
  );
}
