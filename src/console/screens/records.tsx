import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { Failure, Loading } from "../parts/messages.tsx";
import { connectionsQuery, recordsQuery } from "../queries.ts";
import { recordId } from "../record-words.ts";
import { isUnreachable } from "../request.ts";
import { NoRecords } from "./no-records.tsx";
import { RecordFilterBar } from "./record-filter-bar.tsx";
import { RecordTable } from "./record-table.tsx";
import { ReplayMatching } from "./replay-matching.tsx";
import { ReplaySelected } from "./replay-selected.tsx";

const route = getRouteApi("/records");

interface View {
  /** The filter this view belongs to: a new filter starts on the first page, with nothing selected. */
  filter: string;
  /** Cursors of the pages up to this one, the first page having none. */
  cursors: string[];
  selected: ReadonlySet<string>;
}

/** The list of records; what it is narrowed to lives in the address. */
export function Records() {
  useDocumentTitle("Records · ml-connector");
  const filter = route.useSearch();
  const fresh: View = { filter: JSON.stringify(filter), cursors: [], selected: new Set() };
  const [kept, setView] = useState(fresh);
  const view = kept.filter === fresh.filter ? kept : fresh;
  const page = useQuery(recordsQuery(filter, view.cursors.at(-1)));
  const connections = useQuery(connectionsQuery);
  const records = page.data?.records ?? [];
  const next = page.data?.next ?? null;
  const select = (selected: ReadonlySet<string>): void => setView({ ...view, selected });
  const turnTo = (cursors: string[]): void => setView({ ...fresh, cursors });
  return (
    <Stack gap="sm">
      <Title order={1}>Records</Title>
      <Group justify="space-between" gap="xs">
        <RecordFilterBar filter={filter} connections={connections.data ?? []} />
        <Group gap={6}>
          <ReplaySelected
            records={records.filter((record) => view.selected.has(recordId(record)))}
            done={() => select(new Set())}
          />
          <ReplayMatching filter={filter} connections={connections.data ?? []} />
        </Group>
      </Group>
      {page.error && !isUnreachable(page.error) && <Failure error={page.error} retry={() => void page.refetch()} />}
      {page.isPending && <Loading what="Loading the records" />}
      {page.data && records.length === 0 && <NoRecords filter={filter} connections={connections.data} />}
      {records.length > 0 && <RecordTable records={records} selected={view.selected} select={select} />}
      {(view.cursors.length > 0 || next !== null) && (
        <Pages
          number={view.cursors.length + 1}
          previous={view.cursors.length > 0 ? () => turnTo(view.cursors.slice(0, -1)) : undefined}
          next={next === null ? undefined : () => turnTo([...view.cursors, next])}
        />
      )}
    </Stack>
  );
}

interface PagesProps {
  number: number;
  previous: (() => void) | undefined;
  next: (() => void) | undefined;
}

function Pages({ number, previous, next }: PagesProps) {
  return (
    <Group justify="flex-end" gap="xs" component="nav" aria-label="Pages of the list">
      <Button variant="default" disabled={!previous} onClick={previous}>
        Previous
      </Button>
      <Text size="sm" c="dimmed">
        Page {number}
      </Text>
      <Button variant="default" disabled={!next} onClick={next} data-testid="next-page">
        Next
      </Button>
    </Group>
  );
}
