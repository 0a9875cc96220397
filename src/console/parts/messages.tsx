import { Alert, Button, Center, Code, Group, Loader, Paper, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle, IconCloudOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError, isUnreachable } from "../request.ts";

export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <Center mih={160} role="status" aria-label={what}>
      <Group gap="sm">
        <Loader size="sm" />
        <Text size="sm" c="dimmed">
          {what}…
        </Text>
      </Group>
    </Center>
  );
}

/** What went wrong and what to do, in the words of the service; nothing twice while the banner speaks. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const away = isUnreachable(error);
  const known = error instanceof ApiError ? error : undefined;
  return (
    <Alert
      color={away ? "orange" : "red"}
      icon={away ? <IconCloudOff /> : <IconAlertCircle />}
      title={error.message}
      role="alert"
      data-testid="failure"
    >
      <Stack gap="xs" align="flex-start">
        {known?.cure && <Text size="sm">{known.cure}</Text>}
        {known?.problems.map((problem) => (
          <Text size="sm" key={problem.field}>
            <Code>{problem.field}</Code> {problem.cure}
          </Text>
        ))}
        {retry && (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** An empty place always says what to do next. */
export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactNode }) {
  return (
    <Paper withBorder p="xl" data-testid="empty">
      <Stack align="center" gap="sm" maw={640} mx="auto">
        {icon}
        <Title order={2} ta="center">
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  );
}

export function NotFound() {
  return (
    <Empty title="There is no such page">
      <Text size="sm" c="dimmed">
        The address may be misspelt. <Link to="/">Go to the overview</Link>.
      </Text>
    </Empty>
  );
}
