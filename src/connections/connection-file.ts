import type { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import { fileSchema, idCure, idPattern, secretMembers, type SecretName } from "./file-schema.ts";
import { faultOfAddress, faultOfShipStationOrigin } from "./origin-policy.ts";
import { signInKinds, type ConnectionSettings, type SignInKind } from "./settings.ts";

/** A connection as a person hands it in: settings and secrets together. */
export interface ConnectionFile {
  id: string;
  name: string;
  /** `paused`: nothing is read or written until a person resumes it; the fit check works. */
  state: "active" | "paused";
  settings: ConnectionSettings;
  /** Of the Acumatica user; undefined where a person's consent stands for one. */
  username: string | undefined;
  /** Those that the file holds: all that its kind of sign-in needs, unless some are stored already. */
  secrets: Partial<Record<SecretName, string>>;
}

/** Values that are never repeated in a problem. */
const secretFields = new Set(Object.values(secretMembers).map((path) => path.split(".").at(-1)));

/**
 * Reads a connection file. Throws ConnectorError `connection.invalid` with every problem at once: field, what is there, cure. The
 * addresses are checked as they are written; what their names resolve to is checked at every connect. Secrets in `kept` are
 * stored already and may be missing.
 */
export function parseConnectionFile(
  file: unknown,
  allowedOrigins: readonly string[],
  kept: ReadonlySet<SecretName> = new Set(),
): ConnectionFile {
  const parsed = fileSchema(signInKindOf(file), kept).safeParse(file);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, file))),
    ...addressProblems(file, allowedOrigins),
    ...tenantProblems(file),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  const { id, name, state, acumatica, shipstation, settings } = parsed.data;
  const { signIn: kind, username, password, clientId, clientSecret, authorisation, ...address } = acumatica;
  const { apiKey, apiSecret, origin, v2 } = shipstation;
  const slug = id ?? slugOf(name);
  if (!idPattern.test(slug)) throw invalid([{ field: "id", found: "", cure: `Give an id. ${idCure}` }]);
  return {
    id: slug,
    name,
    state,
    settings: {
      acumatica: address,
      signIn: {
        kind,
        ...(clientId === undefined ? {} : { clientId }),
        authorisation: authorisation ?? { lasts: "absolute", days: 30 },
      },
      shipstation: {
        origin: new URL(origin).origin,
        ...(v2 === undefined ? {} : { v2: { origin: new URL(v2.origin).origin } }),
      },
      ...settings,
    },
    username,
    secrets: present({ password, clientSecret, apiKey, apiSecret, v2ApiKey: v2?.apiKey }),
  };
}

const present = (secrets: Record<SecretName, string | undefined>): ConnectionFile["secrets"] =>
  Object.fromEntries(Object.entries(secrets).filter(([, secret]) => secret !== undefined));

export const invalid = (problems: readonly Problem[]): ConnectorError =>
  new ConnectorError("connection.invalid", { problems });

/** What decides which members there may be; anything unreadable is refused by the schema in its place. */
export function signInKindOf(file: unknown): SignInKind {
  const given = memberOf(memberOf(file, "acumatica"), "signIn");
  return signInKinds.find((kind) => kind === given) ?? "password";
}

const slugOf = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");

const textAt = (file: unknown, ...path: string[]): string | undefined => {
  const found = path.reduce<unknown>(memberOf, file);
  return typeof found === "string" ? found : undefined;
};

/** Checked on the file as it came, so that a wrong address is told along with everything else. */
function addressProblems(file: unknown, allowedOrigins: readonly string[]): Problem[] {
  const problem = (path: string[], fault: (found: string) => string | undefined): Problem[] => {
    const found = textAt(file, ...path);
    const cure = found === undefined ? undefined : fault(found);
    return found === undefined || cure === undefined ? [] : [{ field: path.join("."), found: shown(found), cure }];
  };
  return [
    ...problem(["acumatica", "instanceUrl"], (found) => faultOfInstance(found, allowedOrigins)),
    ...problem(["shipstation", "origin"], (found) => faultOfShipStationOrigin(found, allowedOrigins)),
    ...problem(["shipstation", "v2", "origin"], (found) => faultOfShipStationOrigin(found, allowedOrigins, "v2")),
  ];
}

function faultOfInstance(text: string, allowedOrigins: readonly string[]): string | undefined {
  const pathIn = /\/(entity|frames|main|identity|\(W\(\d+\)\))(\/|$)|\.aspx/i;
  if (pathIn.test(URL.parse(text)?.pathname ?? "")) {
    return "Enter the address of the site alone, up to its name: without /entity, /Main or a page.";
  }
  return faultOfAddress(text, allowedOrigins);
}

/** The part after the `@` selects the tenant (facts: acumatica 1.3), whatever else the file says. */
function tenantProblems(file: unknown): Problem[] {
  const clientId = textAt(file, "acumatica", "clientId");
  const tenant = textAt(file, "acumatica", "tenant");
  const selected = clientId === undefined ? "" : clientId.slice(clientId.indexOf("@") + 1).trim();
  if (clientId === undefined || tenant === undefined || !clientId.includes("@") || selected === "") return [];
  if (selected.toLowerCase() === tenant.trim().toLowerCase()) return [];
  const cure = `The client ID belongs to the tenant ${shown(selected)}, but "tenant" says ${shown(tenant)}: make the two equal.`;
  return [{ field: "acumatica.clientId", found: shown(clientId), cure }];
}

export function problemsOf(issue: z.core.$ZodIssue, file: unknown): Problem[] {
  const field = fieldOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: field === "" ? key : `${field}.${key}`,
      found: "",
      cure: "There is no such field; correct its name or remove it.",
    }));
  }
  const value = issue.path.reduce<unknown>((inner, key) => memberOf(inner, key), file);
  const isSecret = secretFields.has(String(issue.path.at(-1)));
  return [{ field, found: isSecret && value !== undefined ? "***" : shown(value), cure: cureOf(issue) }];
}

/** Where the schema has no words of its own, the library's are for programmers. */
function cureOf(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message;
  return issue.code === "invalid_type" ? `Enter a value of the kind "${issue.expected}".` : "Correct this value.";
}

const memberOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;

const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (field, key) =>
      typeof key === "number" ? `${field}[${key}]` : field === "" ? String(key) : `${field}.${String(key)}`,
    "",
  );

/** A value in a problem: short, and never a whole section, which may hold secrets. */
function shown(value: unknown): string {
  if (value === undefined) return "(missing)";
  if (Array.isArray(value)) return "(a list)";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return value === null ? "null" : "(a section)";
  // A password in an address is a secret, too.
  return value.replace(/\/\/[^/@]*@/, "//***@").slice(0, 100);
}
