import { z } from "zod";
import {
  addressSchema,
  authorisationSchema,
  catalogSettingsSchema,
  clientIdSchema,
  flowSettingsSchema,
  orderSettingsSchema,
  shipmentSettingsSchema,
  signInKinds,
  words,
  type SignInKind,
} from "./settings.ts";

/** The secrets of a connection, by the member of the file that holds each. */
export const secretMembers = {
  password: "acumatica.password",
  clientSecret: "acumatica.clientSecret",
  apiKey: "shipstation.apiKey",
  apiSecret: "shipstation.apiSecret",
  v2ApiKey: "shipstation.v2.apiKey",
} as const;
export type SecretName = keyof typeof secretMembers;

/** In this order they are stored and told. */
export const namesIn = (secrets: Partial<Record<SecretName, unknown>>): SecretName[] =>
  (Object.keys(secretMembers) as SecretName[]).filter((name) => secrets[name] !== undefined);

/** Which secrets a connection needs. */
export function secretsOf(kind: SignInKind, hasV2: boolean): SecretName[] {
  return [
    ...(kind === "oauth-code" ? [] : (["password"] as const)),
    ...(kind === "password" ? [] : (["clientSecret"] as const)),
    "apiKey",
    "apiSecret",
    ...(hasV2 ? (["v2ApiKey"] as const) : []),
  ];
}

export const idCure = "Use small letters, digits and hyphens, at most 40 characters.";
export const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

const section = (name: string) => ({ error: `Give the section "${name}".` });
const origin = (fallback: string) => z.string({ error: "Enter an origin, or leave the field out." }).default(fallback);

const secret = (cure: string) => z.string({ error: cure }).min(1, { error: cure }).max(500, { error: cure });
/** Copied from a page, blanks and all. */
const key = (cure: string) => secret(cure).trim();

const signInMembers = {
  username: words("Enter the user name of the connector in Acumatica."),
  password: secret("Enter the password of that user."),
  clientId: clientIdSchema,
  clientSecret: key("Enter a secret of the connected application (form SM303010)."),
} as const;
type SignInMember = keyof typeof signInMembers | "authorisation";

const membersOf: Record<SignInKind, readonly SignInMember[]> = {
  password: ["username", "password"],
  "oauth-password": ["username", "password", "clientId", "clientSecret", "authorisation"],
  "oauth-code": ["clientId", "clientSecret", "authorisation"],
};

/** Members of the file's section on Acumatica that a kind of sign-in does not have. */
export const foreignMembers = (kind: SignInKind): SignInMember[] =>
  membersOf["oauth-password"].filter((member) => !membersOf[kind].includes(member));

/**
 * The file, strictly: a misspelt field must not be silently ignored. Secrets in `kept` are stored already and may be left out.
 */
export function fileSchema(kind: SignInKind, kept: ReadonlySet<SecretName>) {
  const unlessKept = (name: SecretName, schema: z.ZodType<string>): z.ZodType<string | undefined> =>
    kept.has(name) ? schema.optional() : schema;
  const has = (member: SignInMember): boolean => membersOf[kind].includes(member);
  const foreign = z.undefined({ error: `Leave it out: the sign-in "${kind}" has no such thing.` }).optional();
  const signInMember = (member: keyof typeof signInMembers): z.ZodType<string | undefined> => {
    if (!has(member)) return foreign;
    const schema = signInMembers[member];
    return member === "password" || member === "clientSecret" ? unlessKept(member, schema) : schema;
  };
  return z.strictObject(
    {
      id: words(idCure, idPattern).optional(),
      name: words("Give the connection a name."),
      state: z
        .enum(["active", "paused"], { error: 'Write "active" or "paused", or leave the field out.' })
        .default("active"),
      acumatica: z.strictObject(
        {
          ...addressSchema.shape,
          signIn: z
            .enum(signInKinds, { error: 'Write "password", "oauth-password" or "oauth-code", or leave the field out.' })
            .default("password"),
          username: signInMember("username"),
          password: signInMember("password"),
          clientId: signInMember("clientId"),
          clientSecret: signInMember("clientSecret"),
          authorisation: has("authorisation") ? authorisationSchema : foreign,
        },
        section("acumatica"),
      ),
      shipstation: z.strictObject(
        {
          apiKey: unlessKept("apiKey", key("Enter the API key (ShipStation: Settings, Account, API Settings).")),
          apiSecret: unlessKept("apiSecret", key("Enter the API secret that belongs to the key.")),
          origin: origin("https://ssapi.shipstation.com"),
          v2: z
            .strictObject(
              {
                apiKey: unlessKept("v2ApiKey", key("Enter an API key of V2, or leave out the section v2.")),
                origin: origin("https://api.shipstation.com"),
              },
              { error: "Give an object with the API key of V2, or leave the section out." },
            )
            .optional(),
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
}
