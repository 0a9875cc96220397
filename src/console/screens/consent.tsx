import { Button, Group, Stack, Text } from "@mantine/core";
import { IconLockOpen } from "@tabler/icons-react";
import { useAction } from "../actions.ts";
import type { Connection } from "../api.ts";
import { request } from "../request.ts";

/** A connection that lives on a person's consent in Acumatica: until when, what is due, and the way to give it. */
export function Consent({ connection }: { connection: Connection }) {
  const { id, authorisation } = connection;
  const authorise = useAction({
    run: () => request<{ url: string }>("POST", `/api/v1/connections/${encodeURIComponent(id)}/authorise`),
    say: () => "Sign in to Acumatica in the page that opens, and give consent.",
    done: ({ url }) => window.location.assign(url),
  });
  if (authorisation === null || connection.acumatica.signIn !== "oauth-code") return null;
  const isFirst = authorisation.authorisedAt === null;
  return (
    <Stack gap="xs" data-testid="consent">
      <Group justify="space-between" gap="sm">
        <Text size="sm">{describe(authorisation)}</Text>
        <Button
          variant={authorisation.state === "valid" ? "default" : "filled"}
          leftSection={<IconLockOpen size={15} />}
          loading={authorise.isPending}
          onClick={() => authorise.mutate()}
        >
          {isFirst ? "Authorise" : "Authorise again"}
        </Button>
      </Group>
    </Stack>
  );
}

function describe({ authorisedAt, authorisedBy, endsAt, state }: NonNullable<Connection["authorisation"]>): string {
  if (authorisedAt === null) {
    return "Nobody has given consent in Acumatica yet. Nothing is read or written before; it takes one sign-in there.";
  }
  const given = `Consent given on ${authorisedAt.slice(0, 10)}${authorisedBy === null ? "" : ` by ${authorisedBy}`}`;
  if (state === "ended") return `${given}; it has ended.`;
  return endsAt === null ? `${given}.` : `${given}, good until ${endsAt.slice(0, 10)}.`;
}
