import { Alert, Box, Center, Container, Stack, Text } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { aboutQuery } from "../queries.ts";
import { isUnreachable } from "../request.ts";
import { Setup } from "../screens/setup.tsx";
import { SignIn } from "../screens/sign-in.tsx";
import { Header } from "./header.tsx";
import { Failure, Loading } from "./messages.tsx";
import { clockTime } from "./time.tsx";

/** Decides what a visitor may see: set-up, sign-in, or the console itself. */
export function Frame() {
  const about = useQuery(aboutQuery);
  if (about.isPending) return <Loading what="Asking the service" />;
  if (!about.data) {
    return (
      <Center mih="100vh" p="md">
        <Box w="100%" maw={460}>
          <Failure error={about.error} retry={() => void about.refetch()} />
        </Box>
      </Center>
    );
  }
  if (about.data.needsSetup) return <Setup />;
  if (!about.data.signedIn) return <SignIn about={about.data} />;
  return (
    <Shell banner={about.isError && <Away since={about.dataUpdatedAt} unreachable={isUnreachable(about.error)} />}>
      <Header about={about.data} user={about.data.signedIn} />
    </Shell>
  );
}

function Shell({ children, banner }: { children: ReactNode; banner: ReactNode }) {
  return (
    <>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      {children}
      {banner}
      <Container size={1360} px={{ base: "sm", sm: "lg" }} py="lg" component="main" id="content">
        <Outlet />
      </Container>
    </>
  );
}

/** The screens keep what they last knew; this says that it is no longer news. */
function Away({ since, unreachable }: { since: number; unreachable: boolean }) {
  return (
    <Alert color="orange" radius={0} icon={<IconCloudOff />} role="alert" data-testid="unreachable">
      <Stack gap={0}>
        <Text size="sm" fw={600}>
          {unreachable ? "The service does not answer." : "The service answers with errors."}
        </Text>
        <Text size="sm">
          What you see was true at {clockTime(new Date(since).toISOString()).slice(0, 8)}. The console keeps asking by
          itself.
        </Text>
      </Stack>
    </Alert>
  );
}
