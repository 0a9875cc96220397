import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type Icon, IconArrowsExchange, IconFileText, IconFlag } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import type { AuditStep, EffectStep, ExchangeStep, TimelineEntry } from "../api.ts";
import { JsonBlock } from "../parts/json-block.tsx";
import { clockTime, dayOf, exactTime, tookText } from "../parts/time.tsx";
import { sayName } from "../words.ts";
import { AuditDetail } from "./audit-detail.tsx";

interface TimelineProps {
  entries: TimelineEntry[];
  /** `<kind>:<key>` of the record whose page this is; steps of other records say whose they are. */
  about: string;
}

/** Every step in the order it happened: who did what, what was asked and answered, what was meant to be written. */
export function Timeline({ entries, about }: TimelineProps) {
  const [isNewestFirst, setNewestFirst] = useState(false);
  const ordered = isNewestFirst ? entries.toReversed() : entries;
  return (
    <Paper withBorder p="md" component="section" aria-label="Timeline">
      <Group justify="space-between" mb="xs">
        <Title order={2}>Timeline</Title>
        <Button variant="subtle" color="gray" onClick={() => setNewestFirst(!isNewestFirst)}>
          {isNewestFirst ? "Show oldest first" : "Show newest first"}
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
            <li key={identify(entry, ordered.slice(0, index))} data-step={entry.type}>
              {(!before || dayOf(before.at) !== day) && <Text className="step-day">{day}</Text>}
              <Step entry={entry} about={about} />
            </li>
          );
        })}
      </ol>
    </Paper>
  );
}

/** Steady while the page refreshes, so that an opened document stays open when steps are added. */
function identify(entry: TimelineEntry, before: TimelineEntry[]): string {
  if (entry.type === "exchange") return `exchange ${entry.id}`;
  if (entry.type === "effect") return `effect ${entry.effectKey}`;
  const name = `${entry.at} ${entry.subject ?? ""} ${entry.event}`;
  const twins = before.filter(
    (other) => other.type === "audit" && other.at === entry.at && other.event === entry.event,
  );
  return `audit ${name} ${twins.length}`;
}

function Step({ entry, about }: { entry: TimelineEntry; about: string }) {
  switch (entry.type) {
    case "audit":
      return <Audit step={entry} about={about} />;
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
      <Stack gap={4} className="step-body">
        {children}
      </Stack>
    </div>
  );
}

function Audit({ step, about }: { step: AuditStep; about: string }) {
  const isOther = step.subject !== undefined && step.subject !== about;
  return (
    <Line at={step.at} sign={IconFlag} color="indigo">
      <Text size="sm">
        <b>{sayName(step.event)}</b>{" "}
        <Text span c="dimmed" size="xs">
          {isOther && `${step.subject?.replace(":", " ") ?? ""} · `}by {step.actor}
        </Text>
      </Text>
      <AuditDetail detail={step.detail} />
    </Line>
  );
}

function ExchangeOf({ step }: { step: ExchangeStep }) {
  const isFine = step.failure === null && step.status !== null && step.status < 400;
  return (
    <Line at={step.at} sign={IconArrowsExchange} color={isFine ? "teal" : "red"}>
      <Group gap={6}>
        <Text size="sm" fw={600}>
          {sayName(step.system)}
        </Text>
        <Badge color="gray" className="mono">
          {step.method}
        </Badge>
        <Badge color={isFine ? "teal" : "red"}>{step.status ?? "no answer"}</Badge>
        <Text size="xs" c="dimmed">
          {tookText(step.tookMs)}
        </Text>
      </Group>
      <Text size="xs" className="mono breakable" c="dimmed" title={step.url}>
        {addressOf(step.url)}
      </Text>
      {step.failure && (
        <Text size="sm" c="red">
          {step.failure}
        </Text>
      )}
      <div className="step-bodies">
        <JsonBlock title="Request" value={step.requestBody} />
        <JsonBlock title="Answer" value={step.responseBody} />
      </div>
    </Line>
  );
}

/** The system is named beside it, and filters are unreadable when encoded; what cannot be decoded is shown as it is. */
function addressOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]+/, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
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
      <div className="step-bodies">
        <JsonBlock title="Plan" value={step.plan} />
        <JsonBlock title="Evidence" value={step.evidence} />
      </div>
    </Line>
  );
}
