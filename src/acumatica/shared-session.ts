import type { Clock } from "../lib/clock.ts";

/** The session as it was last stored. */
export interface KeptSession {
  /** Another number is another session. */
  version: number;
  /** As `Cookies.text` gave them; undefined where they cannot be read any more. */
  cookies(): Promise<string | undefined>;
  /** How long ago it was used and opened, by a clock that all its users share. */
  idleMs: number;
  ageMs: number;
  /** Somebody else had a turn since the last one of this client. */
  wasUsedByOthers: boolean;
}

/**
 * The one session of a connection, shared by all processes: it is the customer's licensed unit. What is asked in it is asked one after
 * another, because while an operation runs, other calls to the same form in its session fail (facts: acumatica 2.4).
 */
export interface SharedSession {
  /**
   * Runs `work` while nobody else uses the session. Throws ConnectorError `acumatica.session-busy` when the turn does not come within
   * `patienceMs`: nothing was sent then.
   */
  alone<T>(work: () => Promise<T>, patienceMs?: number): Promise<T>;
  /** In a turn: another number than in the turn before is another session, or none any more. */
  version(): number;
  /** In a turn: what is stored, if anything. */
  kept(): Promise<KeptSession | undefined>;
  /** In a turn: stores a session that was just signed in to, or the newer cookies of this one. Throws if the turn was lost. */
  keep(cookies: string, isNew: boolean): Promise<number>;
  /** In a turn: there is no session any more. */
  forget(): Promise<void>;
  /** In a turn: something was just asked in the session. */
  used(): void;
  /** Ends the turn. True if nobody else is known to be in the middle of something: the last one signs out. */
  leave(): Promise<boolean>;
}

/** Of a client that shares with nobody. */
export function ownSession(clock: Clock): SharedSession {
  let stored: { version: number; cookies: string; openedAt: number; usedAt: number } | undefined;
  let version = 0;
  return {
    alone: (work) => work(),
    version: () => version,
    kept: () =>
      Promise.resolve(
        stored && {
          version: stored.version,
          cookies: () => Promise.resolve(stored?.cookies),
          idleMs: clock.now() - stored.usedAt,
          ageMs: clock.now() - stored.openedAt,
          wasUsedByOthers: false,
        },
      ),
    keep: (cookies, isNew) => {
      version += 1;
      const openedAt = isNew ? clock.now() : (stored?.openedAt ?? clock.now());
      stored = { version, cookies, openedAt, usedAt: clock.now() };
      return Promise.resolve(version);
    },
    forget: () => {
      version += 1;
      stored = undefined;
      return Promise.resolve();
    },
    used: () => {
      if (stored) stored.usedAt = clock.now();
    },
    leave: () => Promise.resolve(true),
  };
}
