import { Box, Center, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** The quiet page before the console: one form in the middle. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Box w="100%" maw={400}>
        <Stack gap="lg">
          <Stack gap={6} align="center">
            <img src="/favicon.svg" alt="" width={40} height={40} />
            <Text fw={650}>ml-connector</Text>
            <Text size="sm" c="dimmed" ta="center" className="balanced">
              Orders from Acumatica to ShipStation, tracking numbers back.
            </Text>
          </Stack>
          <Paper withBorder p="lg">
            <Title order={1} size="h2" mb="md">
              {title}
            </Title>
            {children}
          </Paper>
        </Stack>
      </Box>
    </Center>
  );
}
