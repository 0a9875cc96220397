import { randomUUID } from "node:crypto";
import type { KeptSession, SharedSession } from "../acumatica/shared-session.ts";
import { contentHash } from "../ledger/hash.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Connection } from "./connection.ts";
import * as turn from "./erp-turn.ts";
import { secretPlace } from "./places.ts";
import { noneIfUnreadable, type Vault } from "./vault.ts";

/** How long a turn lasts before somebody who waits gets it, at the first opportunity. */
const turnMs = 1_000;
/** A turn that nobody uses is given up after this. */
const unusedMs = 250;
/** How often a long call renews the turn (`turn.leaseSeconds`). */
const beatMs = 10_000;
/** How long to wait for a turn; then it is told when to come back. */
const patienceMs = 60_000;
const comeBackMs = 15_000;
const firstPauseMs = 50;
const longestPauseMs = 400;

export interface ErpSessionPorts {
  db: Db;
  vault: Vault;
  clock: Clock;
  log: Log;
  /** The process is ending: who waits for a turn is told to come back, save to sign out. */
  ending?: AbortSignal | undefined;
}

interface Held extends turn.Turn {
  /** On our clock, of this turn or of its last renewal. */
  since: number;
  isUsed: boolean;
  wasUsedByOthers: boolean;
}

/**
 * The one ERP session of a connection, in the database: its cookies sealed, so that a process which is started again goes on with it or
 * signs out of it, and whose turn it is. Each client is one holder, in whatever process it is.
 */
export function createErpSession(connection: Connection, ports: ErpSessionPorts): SharedSession {
  const { db, vault, clock, log, ending } = ports;
  const me: turn.Holder = { connectionId: connection.id, holder: randomUUID() };
  const place = secretPlace(connection, "session");
  /** A session that was opened for other settings is closed, not used. */
  const { acumatica, signIn } = connection.settings;
  const openedFor = contentHash([acumatica, signIn, connection.username ?? null, connection.revision]);
  let held: Held | undefined;
  /** A turn whose end the database has not taken yet: it would be waited for until its lease is over, by us as well. */
  let unreleased: Held | undefined;
  let lastFence: number | undefined;
  let unused: AbortController | undefined;
  let hasLeft = false;

  const lasted = (since: number): number => {
    const ms = clock.now() - since;
    // A clock that was set back tells nothing: the turn is asked for again.
    return ms < 0 ? Infinity : ms;
  };

  async function release(): Promise<void> {
    unused?.abort();
    const over = held ?? unreleased;
    held = undefined;
    unreleased = undefined;
    if (!over) return;
    await turn.release(db, me, over).catch((error: unknown) => {
      unreleased = over;
      throw error;
    });
  }

  async function acquire(patience: number, until?: AbortSignal): Promise<Held> {
    unused?.abort();
    const before = held;
    if (before && lasted(before.since) < turnMs) return before;
    const isRenewed = before !== undefined && (await turn.renew(db, me, before, "unless-wanted"));
    // The client was closed while the database was asked.
    if (before && held !== before && hasLeft) {
      if (isRenewed) await turn.release(db, me, before);
      throw busy();
    }
    if (isRenewed && held === before) {
      before.since = clock.now();
      return before;
    }
    await release();
    for (let waited = 0, pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const taken = await turn.take(db, me);
      if (taken) {
        hasLeft = false;
        const wasUsedByOthers = taken.fence - 1 !== lastFence;
        lastFence = taken.fence;
        held = { ...taken, since: clock.now(), isUsed: false, wasUsedByOthers };
        return held;
      }
      if (waited >= patience || until?.aborted === true) throw busy();
      await turn.askForNext(db, me);
      await clock.sleep(pauseMs, until).catch(() => undefined);
      waited += pauseMs;
    }
  }

  /** A long call keeps its turn, and so does an operation that is watched to its end. */
  async function beat(mine: Held, over: AbortSignal): Promise<void> {
    for (;;) {
      const isOver = await clock.sleep(beatMs, over).then(
        () => false,
        () => true,
      );
      if (isOver) return;
      await turn.renew(db, me, mine, "anyway").catch((error: unknown) => {
        log.warn({ connection: connection.id, err: error }, "the turn in Acumatica's session could not be renewed");
      });
    }
  }

  /** Others need not wait for the end of a turn of which nothing more is made. */
  function giveUpUnused(): void {
    unused?.abort();
    const waiting = new AbortController();
    unused = waiting;
    void clock
      .sleep(unusedMs, waiting.signal)
      .then(release)
      .catch(() => undefined);
  }

  const busy = (): ConnectorError => new ConnectorError("acumatica.session-busy", { retryAfterMs: comeBackMs });

  /** Somebody else has the turn by now, and may have signed in. It is asked for anew before anything else is done. */
  function lost(turnThen: Held): ConnectorError {
    turnThen.since = -Infinity;
    return busy();
  }

  const mine = (): Held => {
    if (held) return held;
    // The client was closed in the middle of this: its connection was stopped or changed.
    if (hasLeft) throw busy();
    throw new ConnectorError("internal.defect", { message: "The session is used out of turn." });
  };

  return {
    alone: async (work, patience) => {
      const turnNow = await (patience === undefined ? acquire(patienceMs, ending) : acquire(patience));
      const over = new AbortController();
      void beat(turnNow, over.signal);
      try {
        return await work();
      } finally {
        over.abort(new Error("over"));
        giveUpUnused();
      }
    },

    version: () => mine().version,

    kept: () => {
      const { version, openedFor: of, idleMs, ageMs, isUsed, wasUsedByOthers } = mine();
      if (of === null) return Promise.resolve(undefined);
      const kept: KeptSession = {
        version,
        cookies: () => vault.get(db, place).catch(noneIfUnreadable),
        idleMs: isUsed ? 0 : idleMs,
        ageMs: of === openedFor ? ageMs : Infinity,
        wasUsedByOthers,
      };
      return Promise.resolve(kept);
    },

    keep: async (cookies, isNew) => {
      const now = mine();
      const version = await db.transaction().execute(async (tx) => {
        const stored = await turn.storeVersion(tx, me, now, { openedFor, isNew });
        if (stored === undefined) throw lost(now);
        await vault.put(tx, place, cookies);
        return stored;
      });
      Object.assign(now, { version, openedFor, isUsed: true, ...(isNew ? { ageMs: 0 } : {}) });
      return version;
    },

    forget: async () => {
      const now = mine();
      now.openedFor = null;
      await db.transaction().execute(async (tx) => {
        if (await turn.clearVersion(tx, me, now)) await vault.remove(tx, place);
        else now.since = -Infinity;
      });
    },

    used: () => {
      if (held) held.isUsed = true;
    },

    leave: async () => {
      hasLeft = true;
      if (lastFence === undefined) return false;
      await release();
      return await turn.leave(db, me);
    },
  };
}
