import { Alert, Box, Button, Drawer, Group, List, Stack, Text, ThemeIcon } from "@mantine/core";
import { type Icon, IconAlertTriangle, IconCheck, IconMinus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Connection, FitLine, FitReport, FitStage } from "../api.ts";
import { Failure, Loading } from "../parts/messages.tsx";
import { tookText } from "../parts/time.tsx";
import { ApiError, requestLines } from "../request.ts";

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

/** What is known while the check is under way. */
interface Progress {
  trying: string | undefined;
  stages: FitStage[];
}

function Report({ id }: { id: string }) {
  const [progress, setProgress] = useState<Progress>({ trying: undefined, stages: [] });
  const report = useQuery({
    queryKey: ["fit", id],
    queryFn: async () => {
      let result: FitReport | undefined;
      setProgress({ trying: undefined, stages: [] });
      await requestLines(`/api/v1/connections/${encodeURIComponent(id)}/ping`, (told) => {
        const { trying, stage, report: whole, error } = told as FitLine;
        if (trying !== undefined) setProgress((known) => ({ ...known, trying }));
        if (stage) setProgress((known) => ({ trying: undefined, stages: [...known.stages, stage] }));
        if (error) throw new ApiError(500, error.code, error.message);
        if (whole) result = whole;
      });
      if (!result) throw new ApiError(0, "console.unreachable", "The check broke off.");
      return result;
    },
    // Each asking signs in to the ERP: only a person starts one, and an old answer is never shown as a new one.
    gcTime: 0,
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return (
    <Stack gap="md" data-testid="fit-report">
      {report.isFetching ? (
        <>
          <StageList stages={progress.stages} />
          <Loading what={progress.trying ?? "Asking both systems"} />
        </>
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
        was written; {report.calls.acumatica} calls to Acumatica, {report.calls.shipstation} to ShipStation.
      </Alert>
      <StageList stages={report.stages} />
    </>
  );
}

function StageList({ stages }: { stages: FitStage[] }) {
  return (
    <Stack gap="sm" component="ol" className="plain-list">
      {stages.map((stage) => (
        <Stage key={stage.id} stage={stage} />
      ))}
    </Stack>
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
        {stage.verdict !== "skipped" && (
          <Text size="xs" c="dimmed" className="breakable">
            {stage.tried}
          </Text>
        )}
        <Text size="sm" className="breakable">
          {stage.text}
        </Text>
        {stage.meaning && (
          <Text size="sm" c="dimmed" className="breakable">
            {stage.meaning}
          </Text>
        )}
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
