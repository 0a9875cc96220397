import { requireReconciled } from "../connections/restored.ts";
import type { SignIns } from "../connections/sign-in.ts";
import { standingsOf } from "../connections/standing.ts";
import type { Connection, ConnectionStore } from "../connections/store.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { ConnectionStore as WebConnections, StoredConnection } from "../web/deps.ts";

interface Ports {
  db: Db;
  clock: Clock;
  store: ConnectionStore;
  signIns: SignIns;
  hookAddress: (connection: Connection) => Promise<string>;
  /** Has the flows run of a connection that is active. */
  begin: (connectionId: string) => Promise<void>;
  /** Closes what is open of a connection. */
  drop: (connectionId: string) => Promise<void>;
}

/** The connections as the web shows them, without secrets, and what it may ask of them. */
export function createWebConnections(ports: Ports): WebConnections {
  const { db, clock, store, signIns, hookAddress, begin, drop } = ports;

  async function shown(connections: readonly Connection[]): Promise<StoredConnection[]> {
    const standing = await standingsOf(db, connections, clock.now());
    return await Promise.all(
      connections.map(async (connection) => {
        const { id, name, state, stop, settings, username } = connection;
        const { kind: signIn, clientId } = settings.signIn;
        return {
          ...{ id, name, state, stop },
          acumatica: { ...settings.acumatica, branch: settings.acumatica.branch, username, signIn, clientId },
          shipstation: settings.shipstation,
          webhookUrl: await hookAddress(connection),
          ...standing(connection),
        };
      }),
    );
  }
  const existing = async (id: string): Promise<Connection> => {
    const connection = await store.get(id);
    if (!connection) throw new Error(`no connection ${id}`);
    return connection;
  };

  return {
    list: async () => await shown(await store.list()),
    find: async (id) => {
      const connection = await store.get(id);
      return connection && (await shown([connection]))[0];
    },
    add: async (file, actor) => {
      const { connection } = await store.add(file, actor);
      const [added] = await shown([connection]);
      if (!added) throw new Error(`the connection ${connection.id} is gone`);
      return added;
    },
    update: async (id, patch, actor) => {
      await store.update(id, patch, actor);
      await drop(id);
      await begin(id);
    },
    allowSignIn: async (id, actor) => {
      await store.allowSignIn(id, actor);
      // An open client remembers a refusal, too.
      await drop(id);
    },
    authorise: async (id, actor) => signIns.authorising.start(await existing(id), actor),
    completeAuthorisation: async (returned, signedIn) => {
      const { id, name } = await signIns.authorising.complete(returned, signedIn);
      await drop(id);
      await begin(id);
      return { id, name };
    },
    lookAtCompany: async (id) => signIns.lookAtCompany(await existing(id)),
    confirmCompany: async (id, landmarkId, actor) => {
      await signIns.confirmCompany(await existing(id), landmarkId, actor);
      await drop(id);
    },
    pause: async (id, actor) => {
      await store.pause(id, actor);
    },
    resume: async (id, actor) => {
      await requireReconciled(db, id);
      if (await store.resume(id, actor)) await begin(id);
    },
    remove: async (id, actor) => {
      await store.remove(id, actor);
    },
    findByHookToken: (token) => store.findByHookToken(token),
  };
}
