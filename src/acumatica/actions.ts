import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { HttpAnswer, WriteAhead } from "../lib/http.ts";
import { answered } from "./reads.ts";
import type { Call, Site } from "./requests.ts";
import type { Send } from "./send.ts";
import { withDoubt } from "./session.ts";

/** How long an operation is watched, and how far apart we look at most. */
const watchMs = 600_000;
/** A quick confirmation should not cost a second; a slow one is asked for less and less often. */
const firstPauseMs = 250;
const longestPauseMs = 15_000;

/** An action on one record, named by its keys alone: other fields might be written to the record first (facts: acumatica 2.4). */
export interface Action {
  entity: string;
  name: string;
  keys: Readonly<Record<string, string>>;
}

/**
 * Starts the action and watches it to its end, in the session that started it. The caller keeps the turn for the whole time:
 * while an operation runs, other calls to the same form in this session fail (facts: acumatica 2.4).
 * Resolving says only that it ended. Errors after the start say `mayHaveApplied`.
 */
export async function runAction(
  ports: { send: Send; site: Site; clock: Clock },
  action: Action,
  ahead?: WriteAhead,
): Promise<void> {
  const { send, site } = ports;
  const subject = `${action.name} in ${site.endpoint}`;
  const entity = Object.fromEntries(Object.entries(action.keys).map(([name, value]) => [name, { value }]));
  const start: Call = {
    method: "POST",
    url: site.entity(action.entity, action.name),
    body: { entity, parameters: {} },
    subject,
    place: "entity",
    ahead,
  };
  const answer = answered(await send(start), start);
  // A 204 may carry a Location, but of the record: there is nothing to watch.
  if (answer.status !== 202) return;
  const location = answer.headers.get("location");
  const url = location === null ? undefined : site.locate(location);
  if (!url) throw unfinished(`Acumatica did not say where to follow ${subject}.`);
  await watch(ports, { method: "GET", url, subject, place: "status" });
}

async function watch({ send, clock }: { send: Send; clock: Clock }, status: Call): Promise<void> {
  const endsAt = clock.now() + watchMs;
  for (let pauseMs = 0; ; pauseMs = Math.min(longestPauseMs, pauseMs === 0 ? firstPauseMs : pauseMs * 2)) {
    if (pauseMs > 0) await clock.sleep(pauseMs);
    const answer = await statusAnswer(send, status);
    if (answer.status === 204) return;
    if (answer.status !== 202) {
      throw unfinished(
        `Following ${status.subject} gave an unexpected answer (${answer.status}).`,
        undefined,
        answer.status,
      );
    }
    if (clock.now() >= endsAt) throw unfinished(`${status.subject} is still running after ten minutes.`);
  }
}

async function statusAnswer(send: Send, status: Call): Promise<HttpAnswer> {
  try {
    return answered(await send(status), status);
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    // A finished status stays readable for an unknown time, and a restart of the site loses it.
    const isTraceLost = [
      "acumatica.endpoint-missing",
      "acumatica.session-lost",
      "acumatica.unreadable",
      "network.redirected",
    ].includes(thrown.code);
    if (isTraceLost) throw unfinished(`The trace of ${status.subject} is lost.`, thrown, thrown.status);
    throw withDoubt(thrown, true);
  }
}

function unfinished(message: string, cause?: unknown, status?: number): ConnectorError {
  return new ConnectorError("acumatica.action-unfinished", {
    message: `${message} Its outcome is read from the record.`,
    cause,
    mayHaveApplied: true,
    ...(status === undefined ? {} : { status }),
  });
}
