import type { Clock } from "../lib/clock.ts";
import type { FitWatch, WatchedSystem } from "./fit-watch.ts";
import { counted, failed, ok, warning, type Finding, type Stage } from "./fit-stages.ts";

/** From here on clocks that differ are told. */
const alarmMs = 30_000;
/** What a poll reads again; clocks that differ more than this could hide a change from it. */
const overlapMs = 5 * 60_000;
const names: Readonly<Record<WatchedSystem, string>> = { acumatica: "Acumatica", shipstation: "ShipStation" };

/** Their clock against ours, from the answers that came anyway. */
export function clockStage(system: WatchedSystem, needs: string, watch: FitWatch): Stage {
  return {
    id: `${system}-clock`,
    title: `${names[system]}: clock`,
    tried: "The Date header of its quickest answer was compared with this machine's clock.",
    needs: [needs],
    look: () => Promise.resolve(judgeClock(names[system], watch.seen[system].skewMs)),
  };
}

function judgeClock(name: string, skewMs: number | undefined): Finding {
  if (skewMs === undefined) {
    return ok(`${name} does not tell the time.`, {
      meaning: "Polls read a few minutes twice, so that clocks may differ a little.",
    });
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const isAhead = skewMs > 0;
  const text = `${name}'s clock is ${counted(seconds, "second")} ${isAhead ? "ahead of" : "behind"} this machine's.`;
  if (Math.abs(skewMs) <= alarmMs) {
    // The header has whole seconds.
    return ok(seconds <= 1 ? `${name}'s clock and this machine's agree.` : text);
  }
  const cure = `Let this machine's clock follow a time server (NTP); if it does, ask who runs ${name} about theirs.`;
  const meaning =
    "Windows of changes are cut by both clocks: when they differ much, a change may be seen late or not at all.";
  return Math.abs(skewMs) > overlapMs ? failed(text, cure, { meaning }) : warning(text, cure, { meaning });
}

/** How the site bore the calls of this check (facts: acumatica 1.4). */
export function limitsStage(clock: Clock, watch: FitWatch, startedAt: () => number): Stage {
  return {
    id: "acumatica-limits",
    title: "Acumatica: limits of sessions and requests",
    tried:
      "One session was used, one request at a time; how long the answers took and whether one was declined was noted.",
    needs: ["acumatica-rights"],
    look: () => {
      const { calls, slowestMs, declined } = watch.seen.acumatica;
      const minutes = Math.max(1 / 60, (clock.now() - startedAt()) / 60_000);
      const pace = `${counted(calls, "call")} so far, the slowest took ${Math.round(slowestMs)} ms, none was declined.`;
      if (declined > 0) {
        return Promise.resolve(
          warning(
            `Acumatica declined ${counted(declined, "request")} of ${calls}, at about ${Math.round(calls / minutes)} a minute.`,
            "Look at the licence's requests a minute (form SM604000), and which other programs use the API.",
            { meaning: "The connector waits and goes on; it is slow while others use up the licence." },
          ),
        );
      }
      if (slowestMs > slowMs) {
        return Promise.resolve(
          warning(
            `An answer took ${Math.round(slowestMs / 1000)} seconds.`,
            "Look at the licence's limits (form SM604000): from half of the requests a minute on, Acumatica holds them back without a word.",
            { meaning: "The connector waits; orders and labels take as much longer." },
          ),
        );
      }
      return Promise.resolve(
        ok(pace, {
          meaning:
            "The connector needs one of the licence's sessions (form SM604000 says how many there are) and gives it back when idle.",
        }),
      );
    },
  };
}

/** An answer slower than this was probably held back. */
const slowMs = 10_000;
