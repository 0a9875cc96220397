import type { PlantedBug } from "./planted-bug.ts";

/** About tokens, sessions and passwords, and about two customers in one service. */
export const signInBugs: readonly PlantedBug[] = [
  {
    name: "the previous refresh token is not kept until the new one is there",
    isQuick: true,
    file: "connections/tokens.ts",
    find: `await ask(ports, { kind: "refresh", refreshToken }, (tokens) =>`,
    put: `await db.transaction().execute((tx) => vault.remove(tx, secretPlace(connection, "refreshToken")));
        await ask(ports, { kind: "refresh", refreshToken }, (tokens) =>`,
    faults: ["refresh-token-lost", "request-lost"],
  },
  {
    name: "a new refresh token is not stored",
    isQuick: true,
    file: "connections/tokens.ts",
    find: "if (tokens.refreshToken !== undefined) await",
    put: "if (tokens.refreshToken !== undefined && isNewChain) await",
    faults: ["refresh-token-lost"],
  },
  {
    name: "a process opens a session of its own beside another's",
    isQuick: true,
    file: "acumatica/session.ts",
    find: "if (!kept || !cookies) return;",
    put: "if (!kept || !cookies || clock.now() > 0) return;",
  },
  {
    name: "a session that is too old is not signed out of before the next one",
    isQuick: true,
    file: "acumatica/session.ts",
    find: "await signOut();\n    if (refusal) throw",
    put: "if (refusal) throw",
    faults: ["clock-step"],
  },
  {
    name: "wrong credentials are tried as often as somebody wants",
    isQuick: true,
    file: "connections/sign-in-tries.ts",
    find: "where sign_in_tries.tries < ${mostTries}",
    put: "",
  },
  {
    name: "the orders of another account are taken for one's own",
    isQuick: true,
    file: "ledger/mirror.ts",
    find: `.where("connection_id", "=", connectionId)
    .where("order_key", "in", orderKeys)`,
    put: `.where("order_key", "in", orderKeys)`,
  },
  {
    name: "a connection goes by the clients of another",
    isQuick: true,
    file: "connections/lanes.ts",
    find: "if (known?.settings === settings) return known.lane;",
    put: "for (const any of lanes.values()) return any.lane;",
  },
  {
    name: "every connection has the first one's key of ShipStation",
    file: "connections/store.ts",
    find: "vault.get(db, secretPlace(connection, name));",
    put: `vault.get(db, secretPlace(name.startsWith("api") ? { ...connection, id: "demo" } : connection, name));`,
  },
  {
    name: "requests of one connection are kept with another",
    file: "ledger/exchanges.ts",
    find: `connection_id: connectionId,
            at,`,
    put: `connection_id: "demo",
            at,`,
    isQuick: true,
  },
];
