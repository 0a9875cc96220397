import { CloseButton, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Connection, recordKinds, recordStates } from "../api.ts";
import type { RecordFilter } from "../queries.ts";

const kindWords = { order: "Orders", label: "Labels", item: "Items", customer: "Customers" };

/** Every change is a new address. Typing replaces it, so that “back” leaves the search at once. */
export function RecordFilterBar({ filter, connections }: { filter: RecordFilter; connections: Connection[] }) {
  const navigate = useNavigate();
  const change = (part: RecordFilter, replace = false): void => {
    const search = Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value));
    void navigate({ to: "/records", search, replace });
  };
  return (
    <Group gap="xs" role="search" className="filters">
      <Search text={filter.search ?? ""} change={(search) => change({ search }, true)} />
      <Select
        aria-label="State"
        placeholder="Any state"
        clearable
        data={[...recordStates]}
        value={filter.state ?? null}
        onChange={(state) => change({ state: state ?? undefined })}
        w={150}
        data-testid="filter-state"
      />
      <Select
        aria-label="Kind"
        placeholder="Orders and labels"
        clearable
        data={recordKinds.map((kind) => ({ value: kind, label: kindWords[kind] }))}
        value={filter.kind ?? null}
        onChange={(kind) => change({ kind: kind ?? undefined })}
        w={180}
        data-testid="filter-kind"
      />
      {(connections.length > 1 || filter.connection) && (
        <Select
          aria-label="Connection"
          placeholder="All connections"
          clearable
          data={connections.map(({ id, name }) => ({ value: id, label: name }))}
          value={filter.connection ?? null}
          onChange={(connection) => change({ connection: connection ?? undefined })}
          w={200}
          data-testid="filter-connection"
        />
      )}
    </Group>
  );
}

const typingPauseMs = 250;

function Search({ text, change }: { text: string; change: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const [asked, setAsked] = useState(text);
  // The address was changed by something else, such as a link: show what it says.
  if (text !== asked && text !== typed.trim()) setTyped(text);
  if (text !== asked) setAsked(text);
  const changeSoon = useDebouncedCallback(change, typingPauseMs);
  const type = (next: string): void => {
    setTyped(next);
    changeSoon(next.trim());
  };
  return (
    <TextInput
      aria-label="Search"
      placeholder="Order number, customer or tracking number"
      leftSection={<IconSearch size={16} />}
      rightSection={typed && <CloseButton size="sm" aria-label="Clear the search" onClick={() => type("")} />}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      className="filter-search"
      data-testid="search"
    />
  );
}
