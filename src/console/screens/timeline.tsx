import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type Icon, IconArrowRight, IconFileText, IconUser } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import type { AuditStep, EffectStep, ExchangeStep, TimelineEntry } from "../api.ts";
import { JsonBlock } from "../parts/json-block.tsx";
import { clockTime, dayOf, exactTime, tookText } from "../parts/time.tsx";

/** Every step in the order it happened: who did what, what was asked, what was answered, what was meant to be written. */
export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const [isNewestFirst, setNewestFirst] = useState(false);
  const ordered = entries.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  if (isNewestFirst) ordered.reverse();
  return (
    <Paper withBorder p="md" component="section" aria-label="Timeline">
      <Group justify="space-between" mb="xs">
        <Title order={2}>Timeline</Title>
        <Button variant="subtle" color="gray" onClick={() => setNewestFirst(!isNewestFirst)}>
          {isNewestFirst ? "Newest first" : "Oldest first"}
        </Button>
      </Group>
      {ordered.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has happened to this record yet. Steps appear here as soon as it is planned.
        </Text>
      )}
      <ol className="timeline" data-testid="timeline">
        {ordered.map((entry, index) => {
          const day = dayOf(entry.at);
          const before = ordered[index - 1];
          return (
            <li key={`${entry.type} ${entry.at} ${index}`} className="step" data-step={entry.type}>
              {(!before || dayOf(before.at) !== day) && <Text className="step-day">{day}</Text>}
              <Step entry={entry} />
            </li>
          );
        })}
      </ol>
    </Paper>
  );
}

function Step({ entry }: { entry: TimelineEntry }) {
  switch (entry.type) {
    case "audit":
      return <Audit step={entry} />;
    case "exchange":
      return <ExchangeOf step={entry} />;
    case "effect":
      return <Effect step={entry} />;
  }
}

interface LineProps {
  at: string;
  sign: Icon;
  color: string;
  children: ReactNode;
}

function Line({ at, sign: Sign, color, children }: LineProps) {
  return (
    <div className="step-line">
      <time dateTime={at} title={exactTime(at)} className="step-time">
        {clockTime(at)}
      </time>
      <span className="step-sign" style={{ color: `var(--mantine-color-${color}-text)` }}>
        <Sign size={15} stroke={2} aria-hidden />
      </span>
      <Stack gap={4} flex={1} miw={0}>
        {children}
      </Stack>
    </div>
  );
}

function Audit({ step }: { step: AuditStep }) {
  return (
    <Line at={step.at} sign={IconUser} color="indigo">
      <Text size="sm">
        <b>{sentence(step.event)}</b>{" "}
        <Text span c="dimmed" size="sm">
          by {step.actor}
        </Text>
      </Text>
      <Detail value={step.detail} />
    </Line>
  );
}

/** Small details read best as words; a document stays folded. */
function Detail({ value }: { value: unknown }) {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return <Text size="sm">{String(value)}</Text>;
  const pairs = Object.entries(value);
  const isSmall = pairs.length <= 6 && pairs.every(([, part]) => part === null || typeof part !== "object");
  if (!isSmall) return <JsonBlock title="Detail" value={value} />;
  return (
    <Group gap="md" className="step-pairs">
      {pairs.map(([name, part]) => (
        <Text key={name} size="xs">
          <Text span inherit c="dimmed">
            {name}
          </Text>{" "}
          <span className="breakable">{String(part as string | number | boolean | null)}</span>
        </Text>
      ))}
    </Group>
  );
}

const systems: { [name: string]: string } = { acumatica: "Acumatica", shipstation: "ShipStation" };

function ExchangeOf({ step }: { step: ExchangeStep }) {
  const isFine = step.failure === null && step.status !== null && step.status < 400;
  return (
    <Line at={step.at} sign={IconArrowRight} color={isFine ? "teal" : "red"}>
      <Group gap={6} className="step-exchange">
        <Text size="sm" fw={600}>
          {systems[step.system] ?? step.system}
        </Text>
        <Badge color="gray" className="mono">
          {step.method}
        </Badge>
        <Badge color={isFine ? "teal" : "red"}>{step.status ?? "no answer"}</Badge>
        <Text size="xs" c="dimmed">
          {tookText(step.tookMs)}
        </Text>
      </Group>
      <Text size="xs" className="mono breakable" c="dimmed">
        {step.url}
      </Text>
      {step.failure && (
        <Text size="sm" c="red">
          {step.failure}
        </Text>
      )}
      <JsonBlock title="Request" value={step.requestBody} />
      <JsonBlock title="Answer" value={step.responseBody} />
    </Line>
  );
}

const effectLooks: { [state: string]: { color: string; words: string } } = {
  planned: { color: "blue", words: "planned" },
  dispatched: { color: "blue", words: "sent" },
  done: { color: "teal", words: "done, and seen by a read" },
  refused: { color: "red", words: "refused" },
  not_done: { color: "orange", words: "not done" },
  in_doubt: { color: "yellow", words: "in doubt: the outcome is not known yet" },
  parked: { color: "gray", words: "put off" },
};

function Effect({ step }: { step: EffectStep }) {
  const look = effectLooks[step.state] ?? { color: "gray", words: step.state };
  return (
    <Line at={step.at} sign={IconFileText} color={look.color}>
      <Group gap={6}>
        <Text size="sm">
          <b>Write</b> <span className="mono breakable">{step.effectKey}</span>
        </Text>
        <Badge color={look.color}>{look.words}</Badge>
        {step.attempt > 1 && (
          <Text size="xs" c="dimmed">
            try {step.attempt}
          </Text>
        )}
      </Group>
      <JsonBlock title="Plan" value={step.plan} />
      <JsonBlock title="Evidence" value={step.evidence} />
    </Line>
  );
}

/** `record.state-changed` reads as `Record state changed`. */
function sentence(event: string): string {
  const words = event.replaceAll(/[._-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
