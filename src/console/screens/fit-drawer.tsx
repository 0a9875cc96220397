import { Alert, Box, Button, Drawer, Group, List, Stack, Text, ThemeIcon } from "@mantine/core";
import { type Icon, IconAlertTriangle, IconCheck, IconMinus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Connection, FitReport, FitStage } from "../api.ts";
import { Failure, Loading } from "../parts/messages.tsx";
import { tookText } from "../parts/time.tsx";
import { request } from "../request.ts";

interface FitDrawerProps {
  connection: Connection;
  isOpen: boolean;
  close: () => void;
}

/** Opening it asks both real systems, stage by stage; nothing is written. */
export function FitDrawer({ connection, isOpen, close }: FitDrawerProps) {
  return (
    <Drawer opened={isOpen} onClose={close} position="right" size="lg" title={`Does ${connection.name} fit?`}>
      <Report id={connection.id} />
    </Drawer>
  );
}

function Report({ id }: { id: string }) {
  const report = useQuery({
    queryKey: ["fit", id],
    queryFn: () => request<FitReport>("POST", `/api/v1/connections/${encodeURIComponent(id)}/ping`),
    // Each asking signs in to the ERP: only a person starts one, and an old answer is never shown as a new one.
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return (
    <Stack gap="md" data-testid="fit-report">
      {report.isFetching ? (
        <Loading what="Asking both systems" />
      ) : (
        <>
          {report.error && <Failure error={report.error} />}
          {report.data && !report.error && <Stages report={report.data} />}
          <Group>
            <Button variant="default" onClick={() => void report.refetch()}>
              Check again
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}

const looks: Record<FitStage["verdict"], { color: string; sign: Icon; word: string }> = {
  ok: { color: "teal", sign: IconCheck, word: "fits" },
  warning: { color: "yellow", sign: IconAlertTriangle, word: "warning" },
  failed: { color: "red", sign: IconX, word: "failed" },
  skipped: { color: "gray", sign: IconMinus, word: "not asked" },
};

function Stages({ report }: { report: FitReport }) {
  const failed = report.stages.filter((stage) => stage.verdict === "failed").length;
  const warnings = report.stages.filter((stage) => stage.verdict === "warning").length;
  return (
    <>
      <Alert
        color={report.fits ? "teal" : "red"}
        title={report.fits ? "The two systems fit." : "Not yet: something has to be mended first."}
        data-testid="fit-verdict"
      >
        {report.stages.length} checks, {failed} failed, {warnings} {warnings === 1 ? "warning" : "warnings"}. Nothing
        was written.
      </Alert>
      <Stack gap="sm" component="ol" className="plain-list">
        {report.stages.map((stage) => (
          <Stage key={stage.id} stage={stage} />
        ))}
      </Stack>
    </>
  );
}

function Stage({ stage }: { stage: FitStage }) {
  const { color, sign: Sign, word } = looks[stage.verdict];
  return (
    <Group component="li" wrap="nowrap" align="flex-start" gap="sm" data-verdict={stage.verdict}>
      <ThemeIcon color={color} variant="light" size={24} radius="xl" aria-label={word}>
        <Sign size={14} stroke={2.4} />
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="sm" fw={600}>
            {stage.title}
          </Text>
          <Text size="xs" c="dimmed" className="nowrap">
            {stage.verdict === "skipped" ? word : tookText(stage.took)}
          </Text>
        </Group>
        <Text size="sm" className="breakable">
          {stage.text}
        </Text>
        {stage.cure && (
          <Text size="sm" c={color} className="breakable">
            {stage.cure}
          </Text>
        )}
        {stage.details.length > 0 && (
          <List size="xs" c="dimmed" mt={2} withPadding={false}>
            {stage.details.map((detail) => (
              <List.Item key={detail}>{detail}</List.Item>
            ))}
          </List>
        )}
      </Box>
    </Group>
  );
}
