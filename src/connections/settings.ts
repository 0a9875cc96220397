import { z } from "zod";
import type { AcumaticaAddress } from "../acumatica/client.types.ts";
import type { CatalogSettings } from "../core/catalog.ts";
import type { OrderSettings } from "../core/orders.ts";
import type { ShipmentSettings } from "../core/shipments.ts";

/** When and how far the flows of one connection look. */
export interface FlowSettings {
  orderPollSeconds: number;
  labelPollSeconds: number;
  catalogPollSeconds: number;
  /** How far back a new connection begins. */
  startFromDays: number;
  /** How long a partly labelled order waits for more labels before its shipment is made. */
  settleSeconds: number;
  /** How long after a lost answer the ERP may still carry the request out (failures 3.4). */
  quarantineSeconds: number;
  /** Requests a minute that Acumatica's licence grants (form SM604000); a share of them is used. By default they are not counted. */
  erpRequestsPerMinute?: number;
  /** At most one look per this time, however often ShipStation rings. */
  doorbellGapSeconds: number;
  /** Whether ShipStation is asked to ring. */
  webhooks: boolean;
}

/**
 * How Acumatica is signed in to (facts: acumatica 1.2, 1.3): by name and password with a cookie, by the same at the token endpoint, or
 * by the consent that a person gave once in the browser.
 */
export const signInKinds = ["password", "oauth-password", "oauth-code"] as const;
export type SignInKind = (typeof signInKinds)[number];

export interface SignInSettings {
  kind: SignInKind;
  /** Of the connected application, `GUID@Tenant`; with OAuth alone. */
  clientId?: string;
  /** As the connected application says: how long a consent lasts, from when it was given or from when it was last used. */
  authorisation: { lasts: "absolute" | "sliding" | "infinite"; days: number };
}

/** One customer's pair, without its secrets. */
export interface ConnectionSettings {
  acumatica: AcumaticaAddress;
  signIn: SignInSettings;
  /** Where V1 is, and V2 if the customer gave a key for it. */
  shipstation: { origin: string; v2?: { origin: string } };
  orders: OrderSettings;
  shipments: ShipmentSettings;
  catalog: CatalogSettings;
  flows: FlowSettings;
}

/** A text without blanks around it; the cure is told whatever is wrong with it. */
export const words = (cure: string, pattern = /^[^\p{Cc}]{1,200}$/u) =>
  z.string({ error: cure }).trim().regex(pattern, { error: cure });
const wholeNumber = (cure: string, least: number, most: number) =>
  z.int({ error: cure }).min(least, { error: cure }).max(most, { error: cure });
const seconds = (least: number, most: number) =>
  wholeNumber(`Enter whole seconds from ${least} to ${most}.`, least, most);
const weightUnit = z.enum(["LB", "OZ", "KG", "G"], { error: "Enter LB, OZ, KG or G." });
export const shipStationId = (what: string) =>
  wholeNumber(`Enter the number of the ShipStation ${what}; ping lists them.`, 1, Number.MAX_SAFE_INTEGER);
/** Absent, or undefined: the same. */
const given = <T extends z.ZodType>(inner: T) => inner.exactOptional();

export const addressSchema = z.strictObject({
  instanceUrl: z
    .string({ error: "Enter the address of the Acumatica site, such as https://erp.example.com/Company." })
    .transform((text) => text.replace(/\/+$/, "")),
  tenant: words("Enter the tenant's login name as shown on the Tenants form (SM203520)."),
  branch: words("Enter the branch's ID, or leave the field out.").optional(),
  endpointName: words("Enter the endpoint's name (form SM207060), such as Default.", /^[\w .-]{1,100}$/).default(
    "Default",
  ),
  endpointVersion: words("Enter the endpoint's version (form SM207060), such as 24.200.001.", /^\d[\w.]{0,30}$/),
}) satisfies z.ZodType<AcumaticaAddress>;

const clientIdCure =
  "Enter the client ID as the Connected Applications form (SM303010) shows it: a GUID, @, and the tenant's login name.";

export const clientIdSchema = words(clientIdCure, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[^@\s][^@]*$/i);

/** 30 days from the consent are what Acumatica grants by default (facts: acumatica 1.3). */
export const authorisationSchema = z
  .strictObject({
    lasts: z
      .enum(["absolute", "sliding", "infinite"], {
        error: 'Enter "absolute", "sliding" or "infinite", as the connected application says (SM303010).',
      })
      .default("absolute"),
    days: wholeNumber("Enter whole days from 1 to 3650.", 1, 3650).default(30),
  })
  .prefault({});

const signInSchema = z.strictObject({
  kind: z.enum(signInKinds).default("password"),
  clientId: given(clientIdSchema),
  authorisation: authorisationSchema,
}) satisfies z.ZodType<SignInSettings>;

const codes = (cure: string) => z.array(words(cure, /^\S(.{0,48}\S)?$/), { error: cure }).min(1, { error: cure });

const templateCure = "Use {OrderNbr}, and if wanted {OrderType} and plain text; at most 50 characters in all.";
const orderKeyTemplate = words(templateCure, /^[^\p{Cc}]{1,50}$/u).refine(
  (text) =>
    text.includes("{OrderNbr}") && !/[{}]/.test(text.replaceAll("{OrderNbr}", "").replaceAll("{OrderType}", "")),
  { error: templateCure },
);

export const orderSettingsSchema = z.strictObject({
  orderTypes: codes("List at least one order type, such as SO.").default(["SO"]),
  statuses: codes("List at least one status, such as Open.").default(["Open"]),
  orderKeyTemplate: orderKeyTemplate.default("{OrderNbr}"),
  storeId: given(shipStationId("store")),
  storeByOrderType: z.record(words("Name the order type."), shipStationId("store")).default({}),
  shipFrom: z.record(words("Name the Acumatica warehouse."), shipStationId("warehouse")).default({}),
  warehouses: given(codes("List at least one Acumatica warehouse, or leave the field out for all.")),
  allowSameNumber: z.boolean({ error: "Enter true or false." }).default(false),
  itemWeightUnit: weightUnit.default("LB"),
  homeCountry: words("Enter the two letters of the country you ship from, such as US.", /^[A-Z]{2}$/).default("US"),
  customs: z.enum(["foreign", "off"], { error: "Write foreign or off." }).default("foreign"),
}) satisfies z.ZodType<OrderSettings>;

const ownership = z.enum(["off", "fill", "erp"], { error: "Write off, fill or erp." });

export const catalogSettingsSchema = z.strictObject({
  name: ownership.default("fill"),
  weight: ownership.default("fill"),
  price: ownership.default("off"),
  customsDescription: ownership.default("fill"),
  customsValue: ownership.default("off"),
  tariffCode: ownership.default("fill"),
  country: ownership.default("fill"),
}) satisfies z.ZodType<CatalogSettings>;

export const shipViaCode = (end: string) => words(`Enter a Ship Via code (form CS207500)${end}`, /^\S(.{0,28}\S)?$/);
const packageCode = words("Name ShipStation's package, such as package, or leave the field out.");

const shipViaRow = z.strictObject({
  carrier: words("Name ShipStation's carrier of this row, such as ups; half a row maps nothing."),
  service: words(
    'Name ShipStation\'s service, or write "*" for every service of the carrier; a carrier alone maps nothing.',
  ),
  package: given(packageCode),
  shipVia: shipViaCode("; half a row maps nothing."),
  direction: given(
    z.enum(["label", "order", "both"], { error: "Write label, order or both, or leave the field out." }),
  ),
});

/** Of two rows for the same only one could count, and nobody would know which. */
export const shipViaTable = z.array(shipViaRow, { error: "Enter a list of rows." }).superRefine((rows, context) => {
  const labels = new Set<string>();
  const orders = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const direction = row.direction ?? "label";
    const issue = (field: string[], message: string): void =>
      context.addIssue({ code: "custom", path: [index, ...field], message });
    const service = [row.carrier, row.service, row.package ?? ""].join("\n").toLowerCase();
    const code = row.shipVia.toLowerCase();
    if (direction !== "order") {
      if (labels.has(service))
        issue([], "Remove this row or the one before it: both are for the same carrier and service.");
      labels.add(service);
    }
    if (direction === "label") continue;
    if (row.service === "*")
      issue(["service"], "An order asks for one service: name it, or use this row for labels only.");
    if (orders.has(code))
      issue(["shipVia"], "Remove this row or the one before it: an order with this Ship Via asks for one service.");
    orders.add(code);
  }
});

export const boxCode = words("Enter the code of a box (form CS207600), or leave the field out.", /^\S(.{0,28}\S)?$/);
const boxRow = z.strictObject({ package: packageCode, box: boxCode });
export const boxTable = z.array(boxRow, { error: "Enter a list of rows." }).superRefine((rows, context) => {
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const message = "Remove this row or the one before it: both are for the same package.";
    if (seen.has(row.package.toLowerCase())) context.addIssue({ code: "custom", path: [index], message });
    seen.add(row.package.toLowerCase());
  }
});

const freightCure = 'Enter "off", "cost" or {"markupPercent": 10}.';

export const shipmentSettingsSchema = z.strictObject({
  shipVia: shipViaTable.default([]),
  defaultShipVia: given(shipViaCode(", or leave the field out.")),
  box: given(boxCode),
  boxes: boxTable.default([]),
  companyWeightUnit: weightUnit.default("LB"),
  freight: z
    .union([z.literal("off"), z.literal("cost"), z.strictObject({ markupPercent: z.number().min(0).max(1000) })], {
      error: freightCure,
    })
    .default("off"),
}) satisfies z.ZodType<ShipmentSettings>;

export const flowSettingsSchema = z.strictObject({
  orderPollSeconds: seconds(1, 86_400).default(120),
  labelPollSeconds: seconds(1, 86_400).default(120),
  catalogPollSeconds: seconds(60, 86_400).default(900),
  startFromDays: wholeNumber("Enter whole days from 0 to 365.", 0, 365).default(30),
  settleSeconds: seconds(0, 86_400).default(120),
  // Below the time that the ERP may hold a request in its queue, a lost one could still be carried out.
  quarantineSeconds: seconds(600, 86_400).default(900),
  erpRequestsPerMinute: given(
    wholeNumber("Enter the requests a minute of your licence (form SM604000), from 10 to 100000.", 10, 100_000),
  ),
  doorbellGapSeconds: seconds(0, 3_600).default(10),
  webhooks: z.boolean({ error: "Enter true or false." }).default(true),
}) satisfies z.ZodType<FlowSettings>;

/** Tables of older versions left the service out where every service of the carrier was meant. */
function withEveryService(stored: unknown): unknown {
  const rows: unknown = typeof stored === "object" && stored !== null ? (stored as { shipVia?: unknown }).shipVia : [];
  if (!Array.isArray(rows)) return stored;
  return { ...(stored as object), shipVia: rows.map((row: object) => ({ service: "*", ...row })) };
}

/** What is stored of a connection besides its secrets. Fields added by a newer version get their defaults when read. */
export const storedSettingsSchema = z.strictObject({
  username: given(z.string()),
  acumatica: addressSchema,
  signIn: signInSchema.prefault({}),
  shipstation: z.strictObject({ origin: z.string(), v2: given(z.strictObject({ origin: z.string() })) }),
  orders: orderSettingsSchema.prefault({}),
  shipments: z.preprocess(withEveryService, shipmentSettingsSchema.prefault({})),
  catalog: catalogSettingsSchema.prefault({}),
  flows: flowSettingsSchema.prefault({}),
}) satisfies z.ZodType<ConnectionSettings & { username?: string }>;
