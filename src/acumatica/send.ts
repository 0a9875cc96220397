import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { HttpAnswer } from "../lib/http.ts";
import type { Random } from "../lib/random.ts";
import { isHtml } from "./error-body.ts";
import { saysNoEntity, translate, type Asked } from "./errors.ts";
import { limits, type Call } from "./requests.ts";
import type { AcumaticaAddress } from "./client.types.ts";
import { branchHeader, withDoubt, type Session } from "./session.ts";
import type { Wire } from "./wire.ts";

/**
 * One call to its end: signed in, sent, translated. Gives undefined only for a call that `mayBeMissing`.
 * The caller holds the turn.
 */
export type Send = (call: Call) => Promise<HttpAnswer | undefined>;

interface SendPorts {
  address: AcumaticaAddress;
  session: Session;
  wire: Wire;
  clock: Clock;
  random: Random;
}

export function createSend(ports: SendPorts): Send {
  const { session } = ports;

  async function attempt(call: Call): Promise<HttpAnswer | undefined> {
    const hadSession = session.cookies() !== undefined;
    const answer = await exchangeOf(ports, call, hadSession);
    await session.touch();
    if (answer.status < 300 && !isHtml(answer)) return answer;
    if (call.mayBeMissing && saysNoEntity(answer)) return undefined;
    throw translate(answer, askedOf(call, ports.random));
  }

  return async (call) => {
    // What needs no session tells of nothing in one that others have closed; an operation's status is asked in its own.
    if (call.place === "entity") await session.open();
    else if (call.place === "site") await session.adopt();
    try {
      return await attempt(call);
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || !doubtsSession(thrown)) throw thrown;
      // A token that is sent to the sign-in page is refused as much as one that gets a 401.
      const isRefused = thrown.code === "acumatica.session-lost" && session.bearer() !== undefined;
      if (thrown.status === 401 || isRefused) await session.forget();
      // An operation may still be running in it, and its status cannot be asked in another session.
      if (call.place === "status") throw thrown;
      await session.signOut();
      // A write is never sent twice from in here: whether it was carried out is for the caller to look up.
      if (call.method !== "GET") throw thrown;
      await session.open();
      return await attempt(call);
    }
  };
}

async function exchangeOf(
  ports: Pick<SendPorts, "address" | "session" | "wire">,
  call: Call,
  hadSession: boolean,
): Promise<HttpAnswer> {
  const isRead = call.method === "GET";
  const { ahead } = call;
  let isAway = ahead === undefined;
  try {
    return await ports.wire({
      method: call.method,
      url: call.url,
      headers: { ...branchHeader(ports.address), ...call.headers },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      firstByteMs: isRead ? limits.readFirstByteMs : limits.writeFirstByteMs,
      totalMs: isRead ? limits.readMs : limits.writeMs,
      cookies: ports.session.cookies(),
      bearer: ports.session.bearer(),
      ahead:
        ahead &&
        (async () => {
          const lastLook = await ahead();
          isAway = true;
          return lastLook;
        }),
      ...(call.isDescription ? { isDescription: true } : {}),
    });
  } catch (thrown) {
    // Before the call left nothing can have come from Acumatica: another system was asked.
    if (!isAway || !(thrown instanceof ConnectorError)) throw thrown;
    // A signed-in call that is sent elsewhere is sent to the sign-in form or to an error page (facts: acumatica 2.5).
    if (thrown.code === "network.redirected" && hadSession) {
      throw new ConnectorError("acumatica.session-lost", {
        message: `Acumatica answered with a redirect to a web page (${call.subject}).`,
        cause: thrown,
        mayHaveApplied: !isRead,
        ...(thrown.status === undefined ? {} : { status: thrown.status }),
      });
    }
    throw isRead && thrown.mayHaveApplied ? withDoubt(thrown, false) : thrown;
  }
}

/** Not signed in (any more), or a web page where data was expected. */
const doubtsSession = ({ code }: ConnectorError): boolean =>
  code === "acumatica.session-lost" || code === "acumatica.unreadable";

/** Half a minute to two minutes: Acumatica never says for how long it declines (facts: acumatica 1.4). */
const askedOf = ({ place, method, subject }: Call, random: Random): Asked => ({
  place,
  subject,
  isWrite: method !== "GET",
  declinedWaitMs: 30_000 + Math.floor(random.next() * 90_000),
});
