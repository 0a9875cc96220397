import { Text } from "@mantine/core";

const rowsShown = 50;

/** The lists stand newest first; older rows are counted, not drawn. */
export const newest = <Row,>(rows: Row[]): Row[] => rows.slice(0, rowsShown);

export function More({ total }: { total: number }) {
  if (total <= rowsShown) return null;
  return (
    <Text size="sm" c="dimmed" p="sm">
      The newest {rowsShown} of {total.toLocaleString()} are shown.
    </Text>
  );
}
