import { Checkbox, Paper, Table, Text, Tooltip } from "@mantine/core";
import { IconArrowElbowRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { ConnectorRecord } from "../api.ts";
import { TextLink } from "../parts/link.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Time } from "../parts/time.tsx";
import { nameOf, numberOf, shownKey, recordId } from "../record-words.ts";

interface RecordTableProps {
  records: ConnectorRecord[];
  selected: ReadonlySet<string>;
  select: (selected: ReadonlySet<string>) => void;
}

/** On a narrow screen each row becomes a card; the headings then come from `data-label`. */
export function RecordTable({ records, selected, select }: RecordTableProps) {
  const ids = records.map(recordId);
  const selectedHere = ids.filter((id) => selected.has(id)).length;
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    select(next);
  };
  return (
    <Paper withBorder className="table-paper">
      <Table className="records" highlightOnHover verticalSpacing={6} data-testid="records">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                size="xs"
                aria-label="Select all on this page"
                checked={selectedHere === ids.length}
                indeterminate={selectedHere > 0 && selectedHere < ids.length}
                onChange={() => select(new Set(selectedHere === ids.length ? [] : ids))}
              />
            </Table.Th>
            {["Number", "Customer", "State", "Reason", "ShipStation", "Tracking", "Next try", "Changed"].map(
              (heading) => (
                <Table.Th key={heading}>{heading}</Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {records.map((record) => (
            <Row
              key={recordId(record)}
              record={record}
              isSelected={selected.has(recordId(record))}
              toggle={() => toggle(recordId(record))}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

interface RowProps {
  record: ConnectorRecord;
  isSelected: boolean;
  toggle: () => void;
}

function Row({ record, isSelected, toggle }: RowProps) {
  return (
    <Table.Tr data-testid={`record-${record.key}`} data-selected={isSelected || undefined}>
      <Table.Td className="records-check">
        <Checkbox size="xs" aria-label={`Select ${nameOf(record)}`} checked={isSelected} onChange={toggle} />
      </Table.Td>
      <Cell label="Number" className="records-number">
        <Number record={record} />
      </Cell>
      {/* A label has no customer of its own; its title is its tracking number, which has a column. */}
      <Cell label="Customer">{record.kind !== "label" && record.title}</Cell>
      <Cell label="State" className="records-state">
        <StateBadge state={record.state} />
      </Cell>
      <Cell label="Reason" className="records-reason">
        {record.reason && (
          <Tooltip label={record.reason.cure} disabled={record.reason.cure === ""} multiline maw={360}>
            <Text fz="inherit" lineClamp={2}>
              {record.reason.text}
            </Text>
          </Tooltip>
        )}
      </Cell>
      <Cell label="ShipStation">
        {record.shipstationOrderId && <span className="mono">{record.shipstationOrderId}</span>}
      </Cell>
      <Cell label="Tracking">{record.trackingNumbers.length > 0 && <Tracking numbers={record.trackingNumbers} />}</Cell>
      <Cell label="Next try">{record.dueAt && <Time at={record.dueAt} as="until" />}</Cell>
      <Cell label="Changed">
        <Time at={record.changedAt} />
      </Cell>
    </Table.Tr>
  );
}

/** An empty cell is left out of the card. */
function Cell({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  const isEmpty = children === null || children === undefined || children === "" || children === false;
  return (
    <Table.Td data-label={label} data-empty={isEmpty || undefined} className={className}>
      {children}
    </Table.Td>
  );
}

/** A label stands under the order it belongs to: people know the order's number, not the label's. */
function Number({ record }: { record: ConnectorRecord }) {
  const { type } = numberOf(record.key);
  const params = { connection: record.connectionId, kind: record.kind, key: record.key };
  return (
    <span>
      <TextLink to="/records/$connection/$kind/$key" params={params} size="sm" fw={600} className="mono">
        {shownKey(record)}
      </TextLink>
      {record.kind === "order" && type !== null && type !== "SO" && <span className="aside"> {type}</span>}
      {(record.kind === "item" || record.kind === "customer") && <span className="aside"> {record.kind}</span>}
      {record.kind === "label" && (
        <span className="aside">
          {" "}
          label
          {record.parentKey && (
            <>
              {" "}
              <IconArrowElbowRight size={11} aria-label="of order" /> {numberOf(record.parentKey).number}
            </>
          )}
        </span>
      )}
    </span>
  );
}

function Tracking({ numbers }: { numbers: string[] }) {
  const [first, ...others] = numbers;
  if (first === undefined) return null;
  return (
    <Tooltip label={numbers.join(", ")} disabled={others.length === 0}>
      <span className="mono nowrap">
        {first}
        {others.length > 0 && <span className="aside"> +{others.length}</span>}
      </span>
    </Tooltip>
  );
}
