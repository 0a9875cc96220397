import { Alert, Badge, Button, Group, Paper, SimpleGrid, Stack, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconBell,
  IconBolt,
  IconHandStop,
  IconPlayerPause,
  IconPlayerPlay,
  IconStethoscope,
} from "@tabler/icons-react";
import { useAction } from "../actions.ts";
import type { Connection } from "../api.ts";
import { Reason } from "../parts/reason.tsx";
import { request } from "../request.ts";
import { Budget, Flows, Polls } from "./connection-pulse.tsx";
import { UnconfirmedCompany } from "./company.tsx";
import { Consent } from "./consent.tsx";
import { FitDrawer } from "./fit-drawer.tsx";
import { PushDrawer } from "./push-drawer.tsx";
import { StateCounts } from "./state-counts.tsx";

const stateLooks = {
  active: { color: "teal", meaning: "Both systems are read and written." },
  paused: { color: "yellow", meaning: "Paused by a person. Nothing is read or written; nothing is lost." },
  stopped: { color: "red", meaning: "Stopped by the connector, because going on could do harm." },
} as const;

/** One customer's pair at a glance: is it running, how much is where, when did it last look. */
export function ConnectionCard({ connection }: { connection: Connection }) {
  const look = stateLooks[connection.state];
  return (
    <Paper withBorder component="section" aria-label={connection.name} data-testid={`connection-${connection.id}`}>
      <Stack gap="md" p="md">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={2} miw={0}>
            <Group gap="xs">
              <Title order={2}>{connection.name}</Title>
              <Tooltip label={look.meaning}>
                <Badge color={look.color} variant="dot" data-testid="connection-state">
                  {connection.state}
                </Badge>
              </Tooltip>
            </Group>
            <Text size="xs" c="dimmed" className="breakable">
              {describe(connection)}
            </Text>
          </Stack>
          <Actions connection={connection} />
        </Group>
        {connection.stop && (
          <Alert color="red" icon={<IconHandStop />} title={stopTitle(connection)} data-testid="stop-reason">
            <Reason reason={connection.stop} />
          </Alert>
        )}
        {connection.notices.map((notice) => (
          <Alert key={notice.code} color="yellow" icon={<IconAlertTriangle />} title={noticeTitle(notice.code)}>
            <Reason reason={notice} />
          </Alert>
        ))}
        <Consent connection={connection} />
        <UnconfirmedCompany connection={connection} />
        <StateCounts connection={connection} kind="order" />
        <StateCounts connection={connection} kind="label" />
        <StateCounts connection={connection} kind="item" />
        <StateCounts connection={connection} kind="customer" />
      </Stack>
      <SimpleGrid cols={{ base: 1, md: 3 }} spacing="xl" className="card-foot" p="md">
        <Polls polls={connection.polls} />
        <Flows flows={connection.flows} />
        <Budget budget={connection.budget} />
      </SimpleGrid>
    </Paper>
  );
}

const stopTitle = ({ state }: Connection): string =>
  state === "paused" ? "This connection rests" : "This connection has stopped";

const noticeTitle = (code: string): string =>
  code.startsWith("shipstation.") ? "ShipStation needs a person" : "Acumatica needs a person";

function describe({ id, acumatica, shipstation }: Connection): string {
  const place = [acumatica.tenant, acumatica.branch].filter(Boolean).join(" / ");
  const endpoint = `${acumatica.endpointName} ${acumatica.endpointVersion}`;
  const who = acumatica.username === null ? "with a person's consent" : `user ${acumatica.username}`;
  return [id, acumatica.instanceUrl, place, endpoint, who, shipstation.origin].join(" · ");
}

function Actions({ connection }: { connection: Connection }) {
  const path = `/api/v1/connections/${encodeURIComponent(connection.id)}`;
  const [isFitOpen, fit] = useDisclosure(false);
  const [isPushOpen, push] = useDisclosure(false);
  const pause = useAction({ run: () => request("POST", `${path}/pause`), say: () => `${connection.name} is paused.` });
  const resume = useAction({
    run: () => request("POST", `${path}/resume`),
    say: () => `${connection.name} is running again.`,
  });
  const wake = useAction({
    run: () => request("POST", `${path}/wake`),
    say: () => `${connection.name} is looking at both systems now.`,
  });
  const isActive = connection.state === "active";
  return (
    <Group gap={6}>
      <Button variant="default" leftSection={<IconStethoscope size={15} />} onClick={fit.open}>
        Check fit
      </Button>
      <Button variant="default" leftSection={<IconBell size={15} />} onClick={push.open}>
        Push
      </Button>
      <Button
        variant="default"
        leftSection={<IconBolt size={15} />}
        disabled={!isActive}
        loading={wake.isPending}
        onClick={() => wake.mutate()}
      >
        Wake now
      </Button>
      {isActive ? (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={15} />}
          loading={pause.isPending}
          onClick={() => pause.mutate()}
        >
          Pause
        </Button>
      ) : (
        <Button leftSection={<IconPlayerPlay size={15} />} loading={resume.isPending} onClick={() => resume.mutate()}>
          Resume
        </Button>
      )}
      <FitDrawer connection={connection} isOpen={isFitOpen} close={fit.close} />
      <PushDrawer connection={connection} isOpen={isPushOpen} close={push.close} />
    </Group>
  );
}
