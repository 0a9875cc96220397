import { Badge, Breadcrumbs, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ErrorPage } from "../api.ts";
import { TextLink } from "../parts/link.tsx";
import { Empty, Failure, Loading } from "../parts/messages.tsx";
import { errorsQuery } from "../queries.ts";

const dispositions: Record<ErrorPage["disposition"], { color: string; word: string; means: string }> = {
  retry: { color: "orange", word: "retries", means: "The connector tries again by itself, later each time." },
  wait: { color: "yellow", word: "waits", means: "Nothing is wrong: the connector waits until a known time." },
  person: { color: "red", word: "needs a person", means: "Trying again cannot help: somebody must change something." },
  defect: { color: "grape", word: "our defect", means: "A mistake of the connector; the record stops and says so." },
};

const whoWords: { [who: string]: string } = {
  nobody: "Nobody needs to",
  operator: "You, the operator",
  us: "The makers of ml-connector",
};

/** Every code there is, so that a person can look one up before it happens. */
export function ErrorList() {
  useDocumentTitle("Errors · ml-connector");
  const errors = useQuery(errorsQuery);
  return (
    <Stack gap="sm">
      <Title order={1}>Errors</Title>
      <Text size="sm" c="dimmed">
        All codes the connector knows, with their cause and cure.
      </Text>
      {errors.isPending && <Loading what="Loading the error codes" />}
      {errors.error && <Failure error={errors.error} retry={() => void errors.refetch()} />}
      {errors.data && (
        <Paper withBorder className="table-paper">
          <Table className="records" verticalSpacing={6} data-testid="errors">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Code</Table.Th>
                <Table.Th>What it says</Table.Th>
                <Table.Th>What the connector does</Table.Th>
                <Table.Th>Who can mend it</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {errors.data.map((error) => (
                <Table.Tr key={error.code}>
                  <Table.Td data-label="Code">
                    <TextLink to="/errors/$code" params={{ code: error.code }} size="sm" className="mono">
                      {error.code}
                    </TextLink>
                  </Table.Td>
                  <Table.Td data-label="What it says">{error.message}</Table.Td>
                  <Table.Td data-label="What the connector does">
                    <Disposition error={error} />
                  </Table.Td>
                  <Table.Td data-label="Who can mend it">{whoWords[error.who] ?? error.who}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Paper>
      )}
    </Stack>
  );
}

const route = getRouteApi("/errors/$code");

export function ErrorCode() {
  const { code } = route.useParams();
  useDocumentTitle(`${code} · ml-connector`);
  const errors = useQuery(errorsQuery);
  const error = errors.data?.find((known) => known.code === code);
  return (
    <Stack gap="md">
      <Breadcrumbs>
        <TextLink to="/errors" size="sm">
          Errors
        </TextLink>
        <Text size="sm" c="dimmed" className="mono">
          {code}
        </Text>
      </Breadcrumbs>
      {errors.isPending && <Loading what="Loading the error codes" />}
      {errors.error && <Failure error={errors.error} retry={() => void errors.refetch()} />}
      {errors.data && !error && (
        <Empty title="There is no such error code">
          <TextLink to="/errors" size="sm">
            Show all codes
          </TextLink>
        </Empty>
      )}
      {error && (
        <Paper withBorder p="lg" maw={760} data-testid="error-page">
          <Stack gap="md">
            <Stack gap={4} align="flex-start">
              <Text size="sm" c="dimmed" className="mono">
                {error.code}
              </Text>
              <Title order={1}>{error.message}</Title>
              <Disposition error={error} />
            </Stack>
            <Part name="Cause" text={error.cause} />
            <Part name="Cure" text={error.cure} />
            <Part name="Who can mend it" text={whoWords[error.who] ?? error.who} />
            <Part name="What the connector does" text={dispositions[error.disposition].means} />
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}

function Disposition({ error }: { error: ErrorPage }) {
  const { color, word } = dispositions[error.disposition];
  return <Badge color={color}>{word}</Badge>;
}

function Part({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text>{text}</Text>
    </div>
  );
}
