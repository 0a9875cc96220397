import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowNarrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { demoErpOrdersQuery, demoLabelsQuery, demoShipStationOrdersQuery, trackingOf } from "../demo-api.ts";
import { TextLink } from "../parts/link.tsx";
import { Empty, Failure, Loading } from "../parts/messages.tsx";
import { aboutQuery } from "../queries.ts";
import { isUnreachable } from "../request.ts";
import { DemoErp } from "./demo-erp.tsx";
import { DemoShipStation } from "./demo-shipstation.tsx";

/** The demo's stage: a visitor enters orders on the left, buys labels on the right, and watches. */
export function BothSystems() {
  useDocumentTitle("Both systems · ml-connector");
  const about = useQuery({ ...aboutQuery, enabled: false });
  if (about.data?.demo === false) {
    return (
      <Empty title="This page belongs to the demo">
        <Text size="sm" c="dimmed">
          It shows the two simulated systems that <code>npm run demo</code> starts.{" "}
          <TextLink to="/" size="sm">
            Go to the overview
          </TextLink>
        </Text>
      </Empty>
    );
  }
  return <Stage />;
}

function Stage() {
  const erp = useQuery(demoErpOrdersQuery);
  const shipstation = useQuery(demoShipStationOrdersQuery);
  const labels = useQuery(demoLabelsQuery);
  const error = [erp.error, shipstation.error, labels.error].find((each) => each && !isUnreachable(each));
  if (erp.isPending || shipstation.isPending || labels.isPending) return <Loading what="Looking at both systems" />;
  return (
    <Stack gap="md">
      <div>
        <Title order={1}>Both systems</Title>
        <Text size="sm" c="dimmed">
          Both are simulated. Enter orders in Acumatica, buy labels in ShipStation, and watch the connector carry each
          across.
        </Text>
      </div>
      {error && <Failure error={error} />}
      {erp.data && shipstation.data && labels.data && (
        <>
          <Journey
            steps={[
              ["entered in Acumatica", erp.data.length],
              ["in ShipStation", shipstation.data.length],
              ["labels bought", labels.data.filter((label) => !label.voided && !label.isReturnLabel).length],
              ["tracking numbers in Acumatica", erp.data.flatMap(trackingOf).length],
            ]}
          />
          <div className="both">
            <DemoErp orders={erp.data} />
            <DemoShipStation orders={shipstation.data} labels={labels.data} />
          </div>
        </>
      )}
    </Stack>
  );
}

/** Four figures that follow one another: where they differ, something is under way. */
function Journey({ steps }: { steps: [name: string, count: number][] }) {
  return (
    <Paper withBorder px="md" py="sm">
      <Group gap="md" className="journey">
        {steps.map(([name, count], index) => (
          <Group key={name} gap="md" wrap="nowrap">
            {index > 0 && <IconArrowNarrowRight size={20} className="none" aria-hidden />}
            <div data-testid={`journey-${index}`}>
              <span className="count-number">{count.toLocaleString()}</span>{" "}
              <Text span size="sm" c="dimmed">
                {name}
              </Text>
            </div>
          </Group>
        ))}
      </Group>
    </Paper>
  );
}
