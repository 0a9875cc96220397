import { appendAudit } from "../ledger/audit.ts";
import type { Tx } from "../ledger/schema.ts";
import type { Connection } from "./connection.ts";
import { invalid, parseConnectionFile, signInKindOf, type ConnectionFile } from "./connection-file.ts";
import { foreignMembers, namesIn, secretMembers, secretsOf, type SecretName } from "./file-schema.ts";
import { secretPlace } from "./places.ts";
import { forgetTries } from "./sign-in-tries.ts";
import type { Vault } from "./vault.ts";

/** What a change of a connection is written with: one transaction, in which its row is locked. */
interface UpdatePorts {
  tx: Tx;
  vault: Vault;
  allowedOrigins: readonly string[];
  at: Date;
  actor: string;
}

/** Stores the change, its secrets and its audit entry. Throws ConnectorError `connection.invalid`. */
export async function updateRow(ports: UpdatePorts, before: Connection, patch: unknown): Promise<Connection> {
  const { tx, vault, at, actor } = ports;
  const file = updatedFile(before, patch, ports.allowedOrigins);
  const { name, settings, username, secrets } = file;
  const isOtherAccess = !isSame(identityOf(before), identityOf(file)) || secrets.password !== undefined;
  const signsInAnew = isOtherAccess || secrets.clientSecret !== undefined;
  const isOther = signsInAnew || namesIn(secrets).length > 0 || !isSame(placesIn(before.settings), placesIn(settings));
  const after: Connection = { ...before, name, settings, username, revision: before.revision + (isOther ? 1 : 0) };
  await tx
    .updateTable("connections")
    .set({ name, settings: JSON.stringify({ username, ...settings }), revision: after.revision, updated_at: at })
    .where("id", "=", before.id)
    .execute();
  const dropped = storedSecrets(before).filter((secret) => !isNeeded(file, secret));
  for (const secret of dropped) await vault.remove(tx, secretPlace(before, secret));
  for (const secret of namesIn(secrets)) await vault.put(tx, secretPlace(after, secret), secrets[secret] ?? "");
  // A consent outlives a new client secret.
  if (isOtherAccess) await forgetTokens(tx, vault, before);
  // What may have been refused before are not these credentials.
  if (signsInAnew) await forgetTries(tx, before.id);
  const detail = {
    ...changesOf(before, after),
    ...(namesIn(secrets).length === 0 ? {} : { secrets: namesIn(secrets).map((secret) => secretMembers[secret]) }),
    ...(dropped.length === 0 ? {} : { dropped: dropped.map((secret) => secretMembers[secret]) }),
  };
  await appendAudit(tx, at, actor, [{ connectionId: before.id, event: "connection.updated", detail }]);
  return after;
}

async function forgetTokens(tx: Tx, vault: Vault, connection: Connection): Promise<void> {
  await tx.deleteFrom("authorisation_requests").where("connection_id", "=", connection.id).execute();
  await tx.deleteFrom("authorisations").where("connection_id", "=", connection.id).execute();
  for (const name of ["accessToken", "refreshToken"] as const) await vault.remove(tx, secretPlace(connection, name));
}

/** Who signs in where. */
const identityOf = ({ settings, username }: Pick<Connection, "settings" | "username">): unknown[] => {
  const { kind, clientId } = settings.signIn;
  const { instanceUrl, tenant } = settings.acumatica;
  return [instanceUrl, tenant, kind, clientId, username];
};

/** What an open client was opened with. */
const placesIn = ({ acumatica, shipstation }: Connection["settings"]): unknown[] => [acumatica, shipstation];

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Old and new of every part that changed. */
function changesOf(before: Connection, after: Connection): object {
  const partsOf = ({ name, username, settings }: Connection): Record<string, unknown> => ({
    name,
    username,
    ...settings,
  });
  const [old, now] = [partsOf(before), partsOf(after)];
  const changed = Object.keys(now).filter((part) => !isSame(old[part], now[part]));
  const pick = (parts: Record<string, unknown>): object =>
    Object.fromEntries(changed.map((part) => [part, parts[part] ?? null]));
  return changed.length === 0 ? {} : { before: pick(old), after: pick(now) };
}

/**
 * A connection with only the members of `patch` changed; `null` takes an optional member away, a list is replaced as a whole.
 * A secret that is not given again stays, unless the address it is bound to changes: then it must be entered again, because a
 * stored secret is never sent to another address (failures T3). Throws ConnectorError `connection.invalid`.
 */
export function updatedFile(connection: Connection, patch: unknown, allowedOrigins: readonly string[]): ConnectionFile {
  if (!isObject(patch)) throw invalid([{ field: "", found: "", cure: "Give one JSON object with what is to change." }]);
  const fixed = Object.entries(fixedMembers).filter(([field]) => Object.hasOwn(patch, field));
  if (fixed.length > 0) throw invalid(fixed.map(([field, cure]) => ({ field, found: "", cure })));
  const stored = new Set(storedSecrets(connection));
  const merged = { ...(merge(fileOf(connection, patch), patch) as object), id: connection.id };
  const file = parseConnectionFile(merged, allowedOrigins, stored);
  const moved = [...stored].filter((name) => isNeeded(file, name) && isMoved(connection, file, name));
  const missing = moved.filter((name) => file.secrets[name] === undefined);
  if (missing.length > 0) {
    throw invalid(
      missing.map((name) => ({
        field: secretMembers[name],
        found: "(not given)",
        cure: `Enter it again: the stored one is for ${secretPlace(connection, name).address} and is sent nowhere else.`,
      })),
    );
  }
  return file;
}

const fixedMembers = {
  id: "Leave it out: an id never changes.",
  state: "Leave it out: pause and resume change the state.",
};

export const storedSecrets = ({ settings }: Pick<Connection, "settings">): SecretName[] =>
  secretsOf(settings.signIn.kind, settings.shipstation.v2 !== undefined);

const isNeeded = (file: ConnectionFile, name: SecretName): boolean => storedSecrets(file).includes(name);

const isMoved = (before: Connection, after: ConnectionFile, name: SecretName): boolean =>
  secretPlace(before, name).address !== secretPlace(after, name).address;

/** The file that would make this connection, without its secrets, and without what another kind of sign-in does not have. */
function fileOf({ name, settings, username }: Connection, patch: object): object {
  const { acumatica, signIn, shipstation, ...others } = settings;
  const { kind, clientId, authorisation } = signIn;
  const section = merge({ ...acumatica, signIn: kind, authorisation }, { username, clientId }) as object;
  const foreign = new Set<string>(foreignMembers(signInKindOf(merge({ acumatica: section }, patch))));
  return {
    name,
    acumatica: Object.fromEntries(
      Object.entries(section).filter(([member, value]) => value !== undefined && !foreign.has(member)),
    ),
    shipstation,
    settings: others,
  };
}

/** JSON merge patch (RFC 7396). */
function merge(base: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(base) ? base : {}));
  for (const [member, change] of Object.entries(patch)) {
    if (change === null) merged.delete(member);
    else merged.set(member, merge(merged.get(member), change));
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
