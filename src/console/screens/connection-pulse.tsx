import { Progress, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Connection } from "../api.ts";
import { Time } from "../parts/time.tsx";
import { sayName } from "../words.ts";

/** When each stream was last asked. A stream that grows old is how trouble shows before anything fails. */
export function Polls({ polls }: { polls: Connection["polls"] }) {
  return (
    <Part title="Last polls">
      {polls.length === 0 ? (
        <Nothing>Nothing has been read yet.</Nothing>
      ) : (
        <Table className="tight" verticalSpacing={3} horizontalSpacing={0} withRowBorders={false} data-testid="polls">
          <Table.Tbody>
            {polls.map((poll) => (
              <Table.Tr key={poll.stream}>
                <Table.Td>{sayName(poll.stream)}</Table.Td>
                <Table.Td ta="right" c="dimmed" className="nowrap">
                  {poll.seen.toLocaleString()} seen
                </Table.Td>
                <Table.Td ta="right">
                  <Time at={poll.polledAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Part>
  );
}

export function Flows({ flows }: { flows: Connection["flows"] }) {
  return (
    <Part title="Next runs">
      {flows.length === 0 ? (
        <Nothing>No run is planned.</Nothing>
      ) : (
        <Table className="tight" verticalSpacing={3} horizontalSpacing={0} withRowBorders={false} data-testid="flows">
          <Table.Tbody>
            {flows.map((flow) => (
              <Table.Tr key={flow.flow}>
                <Table.Td>
                  {flow.flow === "subscription" ? "Webhook subscription" : sayName(flow.flow)}
                  {flow.outcome && flow.outcome !== "ok" && (
                    <Text size="xs" c="dimmed" lineClamp={2} title={flow.outcome}>
                      {flow.outcome}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td ta="right" c="dimmed" className="nowrap">
                  ran <Time at={flow.ranAt} />
                </Table.Td>
                <Table.Td ta="right">
                  <Time at={flow.dueAt} as="until" />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Part>
  );
}

/** The account's calls are shared with every other program that uses the same key. */
export function Budget({ budget }: { budget: Connection["budget"] }) {
  return (
    <Part title="ShipStation calls left this minute">
      {budget === null ? (
        <Nothing>Known after the first call.</Nothing>
      ) : (
        <Stack gap={6} data-testid="budget">
          <Text size="sm">
            <b>{budget.remaining}</b> of {budget.limit}
            <Text span c="dimmed">
              {" "}
              · new window <Time at={budget.windowEndsAt} as="until" />
            </Text>
          </Text>
          <Progress
            value={budget.limit === 0 ? 0 : (100 * budget.remaining) / budget.limit}
            color={budget.remaining <= budget.limit / 10 ? "orange" : "teal"}
            aria-label="ShipStation calls left"
          />
        </Stack>
      )}
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap={6} miw={0}>
      <Text size="xs" fw={600} c="dimmed">
        {title}
      </Text>
      {children}
    </Stack>
  );
}

function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
