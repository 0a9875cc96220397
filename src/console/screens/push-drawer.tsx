import { Drawer, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Connection, PushDestination } from "../api.ts";
import { Copyable } from "../parts/copyable.tsx";
import { Failure, Loading } from "../parts/messages.tsx";
import { request } from "../request.ts";

interface PushDrawerProps {
  connection: Connection;
  isOpen: boolean;
  close: () => void;
}

/** What the ERP's admin types on the form of push notifications, and how. */
export function PushDrawer({ connection, isOpen, close }: PushDrawerProps) {
  return (
    <Drawer opened={isOpen} onClose={close} position="right" size="lg" title="Let Acumatica ring">
      <Destination id={connection.id} />
    </Drawer>
  );
}

function Destination({ id }: { id: string }) {
  const destination = useQuery({
    queryKey: ["push", id],
    queryFn: () => request<PushDestination>("POST", `/api/v1/connections/${encodeURIComponent(id)}/push`),
    // It holds a secret: it is forgotten with the drawer.
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (destination.error) return <Failure error={destination.error} retry={() => void destination.refetch()} />;
  if (!destination.data) return <Loading what="Looking up the address" />;
  const { url, header, steps } = destination.data;
  return (
    <Stack gap="md" data-testid="push-destination">
      <Text size="sm">
        With push notifications an order goes out within seconds; without them the next poll finds it. Nothing but the
        bell is taken from them.
      </Text>
      <Value name="Address" value={url} />
      <Value name="Header name" value={header.name} />
      <Value name="Header value" value={header.value} />
      <List type="ordered" size="sm" spacing="xs">
        {steps.map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
    </Stack>
  );
}

function Value({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Copyable value={value} label={`Copy the ${name.toLowerCase()}`} />
    </div>
  );
}
