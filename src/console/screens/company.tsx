import { Button, Group, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useAction } from "../actions.ts";
import type { Connection } from "../api.ts";
import { request } from "../request.ts";

/** Which company the connection goes by, as long as nobody has said that it is the right one. */
export function UnconfirmedCompany({ connection }: { connection: Connection }) {
  const { id, company } = connection;
  const confirm = useAction({
    run: () =>
      request("POST", `/api/v1/connections/${encodeURIComponent(id)}/company/confirm`, { company: company?.id }),
    say: () => `The company of ${connection.name} is confirmed.`,
  });
  if (company === null || company.confirmedAt !== null) return null;
  return (
    <Group justify="space-between" gap="sm" data-testid="company">
      <Text size="sm" className="breakable">
        Acumatica does not say which company it signed in to. The first one seen has {company.title}; another one stops
        this connection.
      </Text>
      <Button
        variant="default"
        leftSection={<IconCircleCheck size={15} />}
        loading={confirm.isPending}
        onClick={() => confirm.mutate()}
      >
        Confirm company
      </Button>
    </Group>
  );
}
