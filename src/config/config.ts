import { z } from "zod";
import type { Problem } from "../lib/problem.ts";

/** What the program is told by its environment. Secrets stay in here: log `describeConfig(config)`, never this. */
export interface Config {
  port: number;
  host: string;
  /** Where browsers and ShipStation reach the service, without a trailing slash; undefined = not reachable from outside. */
  publicUrl: string | undefined;
  dataDir: string;
  /** Megabytes that must be free in `dataDir` for the embedded database to start. */
  minFreeMb: number;
  /** undefined = the embedded database in `dataDir`. */
  databaseUrl: string | undefined;
  masterKey: string | undefined;
  masterKeyFile: string | undefined;
  /** Origins a connection may use although they are not public https, such as `http://127.0.0.1:4501`. */
  allowedOrigins: readonly string[];
  logLevel: "debug" | "info" | "warn" | "error";
  /** Of the running service, for the commands; without a trailing slash. */
  apiUrl: string;
  apiToken: string | undefined;
}

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => protocols.includes(URL.parse(text)?.protocol ?? ""),
      `must be a URL that begins with ${protocols.map((name) => `${name}//`).join(" or ")}`,
    );
const webUrl = url(["http:", "https:"]).transform((text) => text.replace(/\/+$/, ""));

const portText = z
  .string()
  .regex(/^\d{1,5}$/, "must be a whole number")
  .transform(Number)
  .refine((port) => port >= 1 && port <= 65_535, "must be from 1 to 65535");

const originList = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ""))
  .superRefine((parts, context) => {
    for (const part of parts) {
      const parsed = URL.parse(part);
      if (parsed === null || !["http:", "https:"].includes(parsed.protocol) || !isBareOrigin(part, parsed)) {
        context.addIssue(`"${part}" is not an origin such as https://erp.internal.example:8443 (no path)`);
      }
    }
  })
  .transform((parts) => parts.map((part) => URL.parse(part)?.origin ?? part));

function isBareOrigin(text: string, parsed: URL): boolean {
  return parsed.username === "" && parsed.password === "" && parsed.href === `${parsed.origin}/` && !/[?#]/.test(text);
}

interface SettingNote extends Record<string, unknown> {
  /** What the documentation shows when nothing is set. */
  whenAbsent: string;
  secret?: true;
  example: string;
}

const note = (whenAbsent: string, example: string): SettingNote => ({ whenAbsent, example });
const secret = (whenAbsent: string, example: string): SettingNote => ({ whenAbsent, example, secret: true });

/** The environment, whole: every name the program reads. Documentation and redaction derive from it. */
export const environmentSchema = z.strictObject({
  ML_PORT: portText
    .default(4400)
    .describe("The port that the service listens on, for the console, the API and the webhooks.")
    .meta(note("4400", "4400")),
  ML_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("The address that the service listens on. 0.0.0.0 listens on every one; then put TLS in front of it.")
    .meta(note("127.0.0.1", "127.0.0.1")),
  ML_PUBLIC_URL: webUrl
    .optional()
    .describe(
      "Where ShipStation reaches this service from outside, for its webhooks. Without it the scheduled polls do all the work.",
    )
    .meta(note("no webhooks", "https://connector.example.com")),
  ML_DATA_DIR: z
    .string()
    .default(".ml-data")
    .describe("The directory of the embedded database, the master key file and the operator token.")
    .meta(note(".ml-data", "/var/lib/ml-connector")),
  ML_MIN_FREE_MB: z
    .string()
    .regex(/^\d{1,7}$/, "must be a whole number of megabytes")
    .transform(Number)
    .default(200)
    .describe("The embedded database does not start when fewer megabytes than this are free in ML_DATA_DIR.")
    .meta(note("200", "1000")),
  DATABASE_URL: url(["postgres:", "postgresql:"])
    .optional()
    .describe("A PostgreSQL server (15 or later) instead of the embedded database.")
    .meta(secret("the embedded database", "postgres://connector@db.example.com:5432/connector")),
  ML_MASTER_KEY: z
    .string()
    .optional()
    .describe(
      "The key that seals all stored credentials: 32 random bytes, in base64 or as 64 hexadecimal digits (openssl rand -base64 32). " +
        "Who loses it must enter all credentials again.",
    )
    .meta(secret("the key file", "the output of: openssl rand -base64 32")),
  ML_MASTER_KEY_FILE: z
    .string()
    .optional()
    .describe(
      "A file that holds the master key, readable by this user alone. With the embedded database it is made at the first start.",
    )
    .meta(
      note("keys/master.key in ML_DATA_DIR; with DATABASE_URL there is no default", "/etc/ml-connector/master.key"),
    ),
  ML_ALLOWED_ORIGINS: originList
    .default([])
    .describe(
      "Origins that connections may use although they are not public https addresses, separated by commas: an ERP inside the " +
        "company's network, or a sandbox on this machine.",
    )
    .meta(note("none", "https://erp.corp.example:8443,http://127.0.0.1:4501")),
  ML_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("How much is logged: debug, info, warn or error.")
    .meta(note("info", "info")),
  ML_API_URL: webUrl
    .optional()
    .describe("For the commands: where the running service is.")
    .meta(note("http://127.0.0.1 at ML_PORT", "https://connector.example.com")),
  ML_API_TOKEN: z
    .string()
    .min(32, "must have at least 32 characters")
    .optional()
    .describe("The operator token of the API, for the service and the commands alike.")
    .meta(
      secret("the file operator.token in ML_DATA_DIR, made at the first start", "the output of: openssl rand -hex 32"),
    ),
});

type Environment = z.output<typeof environmentSchema>;
export type SettingName = keyof Environment;

/** Everything that is wrong with the environment, in one go. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ field, found, cure }) => `  ${field}${found === "" ? "" : ` (${found})`}: ${cure}`);
    super(
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${lines.join("\n")}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads the environment. Names that begin with `ML_` and are not known are refused, because a misspelt setting must not be
 * silently ignored; an empty value counts as not set. Throws ConfigError with every problem at once.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const ours = Object.entries(env).filter(
    ([name, value]) =>
      (name.startsWith("ML_") || name === "DATABASE_URL") && value?.trim() !== "" && value !== undefined,
  );
  const parsed = environmentSchema.safeParse(Object.fromEntries(ours.map(([name, value]) => [name, value?.trim()])));
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, env));
  if (parsed.success && parsed.data.ML_MASTER_KEY !== undefined && parsed.data.ML_MASTER_KEY_FILE !== undefined) {
    problems.push({ field: "ML_MASTER_KEY_FILE", found: "", cure: "Set either this or ML_MASTER_KEY, not both." });
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return fromEnvironment(parsed.data);
}

function fromEnvironment(env: Environment): Config {
  return {
    port: env.ML_PORT,
    host: env.ML_HOST,
    publicUrl: env.ML_PUBLIC_URL,
    dataDir: env.ML_DATA_DIR,
    minFreeMb: env.ML_MIN_FREE_MB,
    databaseUrl: env.DATABASE_URL,
    masterKey: env.ML_MASTER_KEY,
    masterKeyFile: env.ML_MASTER_KEY_FILE,
    allowedOrigins: env.ML_ALLOWED_ORIGINS,
    logLevel: env.ML_LOG_LEVEL,
    apiUrl: env.ML_API_URL ?? `http://127.0.0.1:${env.ML_PORT}`,
    apiToken: env.ML_API_TOKEN,
  };
}

function problemsOf(issue: z.core.$ZodIssue, env: Readonly<Record<string, string | undefined>>): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: key,
      found: "",
      cure: `There is no such setting; remove it or correct its name. Known: ${settingNames.join(", ")}.`,
    }));
  }
  const field = String(issue.path[0] ?? "");
  const isSecret = settingNote(field)?.secret === true;
  const words =
    issue.code === "invalid_value" ? `must be one of ${issue.values.map(String).join(", ")}` : issue.message;
  return [{ field, found: isSecret ? "***" : (env[field] ?? ""), cure: `It ${words.replace(/^it /i, "")}.` }];
}

const settingNames = Object.keys(environmentSchema.shape);

/** How a setting is documented; undefined when there is no such setting. */
export function settingNote(name: string): (SettingNote & { description: string }) | undefined {
  const field = (environmentSchema.shape as Record<string, z.ZodType | undefined>)[name];
  return field === undefined ? undefined : (field.meta() as unknown as SettingNote & { description: string });
}

/** Safe to log and to show: a secret is reduced to whether it is set. */
export function describeConfig(config: Config): Record<string, string> {
  const yesNo = (value: string | undefined): string => (value === undefined ? "no" : "yes");
  return {
    ML_PORT: String(config.port),
    ML_HOST: config.host,
    ML_PUBLIC_URL: config.publicUrl ?? "",
    ML_DATA_DIR: config.dataDir,
    ML_MIN_FREE_MB: String(config.minFreeMb),
    DATABASE_URL: yesNo(config.databaseUrl),
    ML_MASTER_KEY: yesNo(config.masterKey),
    ML_MASTER_KEY_FILE: config.masterKeyFile ?? "",
    ML_ALLOWED_ORIGINS: config.allowedOrigins.join(","),
    ML_LOG_LEVEL: config.logLevel,
    ML_API_URL: config.apiUrl,
    ML_API_TOKEN: yesNo(config.apiToken),
  } satisfies Record<SettingName, string>;
}
