import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import { faultOfAddress, faultOfShipStationOrigin } from "./origin-policy.ts";
import {
  addressSchema,
  catalogSettingsSchema,
  flowSettingsSchema,
  orderSettingsSchema,
  shipmentSettingsSchema,
  words,
  type ConnectionSettings,
} from "./settings.ts";

/** A connection as a person hands it in: settings and secrets together. */
export interface ConnectionFile {
  id: string;
  name: string;
  /** `paused`: nothing is read or written until a person resumes it; the fit check works. */
  state: "active" | "paused";
  settings: ConnectionSettings;
  username: string;
  secrets: { password: string; apiKey: string; apiSecret: string };
}

const idCure = "Use small letters, digits and hyphens, at most 40 characters.";
const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const secret = (cure: string) => z.string({ error: cure }).min(1, { error: cure }).max(500, { error: cure });
const section = (name: string) => ({ error: `Give the section "${name}".` });

/** The file, strictly: a misspelt field must not be silently ignored. */
const fileSchema = z.strictObject(
  {
    id: words(idCure, idPattern).optional(),
    name: words("Give the connection a name."),
    state: z
      .enum(["active", "paused"], { error: 'Write "active" or "paused", or leave the field out.' })
      .default("active"),
    acumatica: z.strictObject(
      {
        ...addressSchema.shape,
        username: words("Enter the user name of the connector in Acumatica."),
        password: secret("Enter the password of that user."),
      },
      section("acumatica"),
    ),
    shipstation: z.strictObject(
      {
        apiKey: secret("Enter the API key (ShipStation: Settings, Account, API Settings).").trim(),
        apiSecret: secret("Enter the API secret that belongs to the key.").trim(),
        origin: z
          .string({ error: "Enter an origin, or leave the field out." })
          .default("https://ssapi.shipstation.com"),
      },
      section("shipstation"),
    ),
    settings: z
      .strictObject({
        orders: orderSettingsSchema.prefault({}),
        shipments: shipmentSettingsSchema.prefault({}),
        catalog: catalogSettingsSchema.prefault({}),
        flows: flowSettingsSchema.prefault({}),
      })
      .prefault({}),
  },
  { error: "Give one JSON object." },
);

/** Values that are never repeated in a problem. */
const secretFields = new Set(["password", "apiKey", "apiSecret"]);

/**
 * Reads a connection file. Throws ConnectorError `connection.invalid` with every problem at once: field, what is there, cure. The
 * addresses are checked as they are written; what their names resolve to is checked at every connect.
 */
export function parseConnectionFile(file: unknown, allowedOrigins: readonly string[]): ConnectionFile {
  const parsed = fileSchema.safeParse(file);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, file))),
    ...addressProblems(file, allowedOrigins),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  const { id, name, state, acumatica, shipstation, settings } = parsed.data;
  const { username, password, ...address } = acumatica;
  const slug = id ?? slugOf(name);
  if (!idPattern.test(slug)) throw invalid([{ field: "id", found: "", cure: `Give an id. ${idCure}` }]);
  return {
    id: slug,
    name,
    state,
    settings: { acumatica: address, shipstation: { origin: new URL(shipstation.origin).origin }, ...settings },
    username,
    secrets: { password, apiKey: shipstation.apiKey, apiSecret: shipstation.apiSecret },
  };
}

export const invalid = (problems: readonly Problem[]): ConnectorError =>
  new ConnectorError("connection.invalid", { problems });

const slugOf = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");

/** Checked on the file as it came, so that a wrong address is told along with everything else. */
function addressProblems(file: unknown, allowedOrigins: readonly string[]): Problem[] {
  const at = (section: string, field: string): string | undefined => {
    const found = memberOf(memberOf(file, section), field);
    return typeof found === "string" ? found : undefined;
  };
  const instanceUrl = at("acumatica", "instanceUrl");
  const origin = at("shipstation", "origin");
  const problem = (field: string, found: string, cure: string | undefined): Problem[] =>
    cure === undefined ? [] : [{ field, found: shown(found), cure }];
  return [
    ...(instanceUrl === undefined
      ? []
      : problem("acumatica.instanceUrl", instanceUrl, faultOfInstance(instanceUrl, allowedOrigins))),
    ...(origin === undefined
      ? []
      : problem("shipstation.origin", origin, faultOfShipStationOrigin(origin, allowedOrigins))),
  ];
}

function faultOfInstance(text: string, allowedOrigins: readonly string[]): string | undefined {
  const pathIn = /\/(entity|frames|main|identity|\(W\(\d+\)\))(\/|$)|\.aspx/i;
  if (pathIn.test(URL.parse(text)?.pathname ?? "")) {
    return "Enter the address of the site alone, up to its name: without /entity, /Main or a page.";
  }
  return faultOfAddress(text, allowedOrigins);
}

function problemsOf(issue: z.core.$ZodIssue, file: unknown): Problem[] {
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
