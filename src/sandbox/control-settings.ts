import { z } from "zod";

/** What `PUT /_sandbox/settings` may change. Everything else of a system's options is fixed when it is made. */
const shipStationSettings = z.strictObject({
  keys: z.array(z.strictObject({ key: z.string(), secret: z.string(), expiresAt: z.number().optional() })),
  callsPerMinute: z.int().min(1),
  remainingCountsOwnCall: z.boolean(),
  budgetPer: z.enum(["pair", "account"]),
  throttleStatus: z.union([z.literal(429), z.literal(400), z.literal(500)]),
  throttleHeaders: z.boolean(),
  retryAfter: z.boolean(),
  unauthorizedBody: z.enum(["json", "html", "empty"]),
  planStatus: z.union([z.literal(402), z.literal(403), z.null()]),
  keyLookup: z.enum(["store", "account"]),
  lockedUpdate: z.enum(["ignored", "refused", "creates-new"]),
  goneKey: z.enum(["creates-new", "not-found"]),
  splitKey: z.enum(["not-found", "updates-first"]),
  bindingError: z.enum(["whole-batch", "per-order"]),
  itemsOnUpdate: z.enum(["replace", "merge"]),
  saveStatus: z.union([z.literal(200), z.literal(201), z.literal(202)]),
  bulkResults: z.enum(["as-sent", "reversed"]),
  longText: z.enum(["kept", "cut"]),
  orderBorders: z.enum(["exclusive", "inclusive"]),
  zonedDates: z.boolean(),
  refuseReadOnly: z.boolean(),
  ruleBody: z.enum(["json", "text", "model-state"]),
  honourOffsets: z.boolean(),
  addressValidationMs: z.int().min(0),
  mergedAway: z.enum(["vanish", "listed"]),
  splitKeys: z.enum(["same", "none"]),
  splitNumbers: z.enum(["same", "suffixed"]),
  packagesAs: z.enum(["shipments", "one-shipment"]),
  listLagMs: z.int().min(0),
  nullListElements: z.boolean(),
  poisonOrderIds: z.array(z.int()),
  poisonShipmentIds: z.array(z.int()),
  ownAcumaticaStore: z.boolean(),
  clockSkewMs: z.int(),
  webhooks: z.boolean(),
  subscribeAnswer: z.enum(["id", "hook"]),
  webhookDelayMs: z.int().min(0),
  signedHooks: z.boolean(),
  markAsShippedFires: z.boolean(),
  resourceUrlBy: z.enum(["batchId", "storeID"]),
  resourceHosts: z.array(z.string().min(1)).min(1),
  journalLimit: z.int().min(1),
});

const acumaticaSettings = z.strictObject({
  users: z.array(
    z.strictObject({
      name: z.string(),
      password: z.string(),
      rights: z.array(z.string()).optional(),
      mustChangePassword: z.boolean().optional(),
      isLocked: z.boolean().optional(),
      twoFactor: z.boolean().optional(),
    }),
  ),
  tenants: z.array(z.string()).min(1),
  landsIn: z.record(z.string(), z.string()),
  applications: z.array(
    z.strictObject({
      id: z.guid(),
      secret: z.string().min(1),
      flows: z.array(z.enum(["code", "password"])),
      redirectUris: z.array(z.string()).optional(),
      refresh: z
        .strictObject({ lasts: z.enum(["absolute", "sliding", "infinite"]), days: z.number().positive().optional() })
        .optional(),
    }),
  ),
  accessTokenSeconds: z.int().min(1),
  refreshGraceSeconds: z.int().min(0),
  changePasswordText: z.enum(["own", "invalid"]),
  maxSessions: z.int().min(0),
  loginLimitStatus: z.union([z.literal(500), z.literal(429)]),
  idleMinutes: z.number().positive(),
  lockAfter: z.int().min(1),
  requestsPerMinute: z.int().min(1),
  endpoints: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      contract: z.int().optional(),
      without: z.array(z.string()).optional(),
      extra: z.array(z.string()).optional(),
      withoutActions: z.array(z.string()).optional(),
    }),
  ),
  swagger: z.enum(["served", "forbidden", "missing"]),
  missingEndpointBody: z.enum(["json", "html", "empty"]),
  lostSessionStatus: z.union([z.literal(401), z.literal(302)]),
  holdShipmentsOnEntry: z.boolean(),
  shipmentNumbering: z.enum(["auto", "manual"]),
  autoPackage: z.boolean(),
  boxIdRequired: z.boolean(),
  tooLongText: z.enum(["cut", "refuse"]),
  trackingAfterConfirm: z.enum(["refuse", "allow"]),
  validateShipmentTotal: z.boolean(),
  remainderStatus: z.enum(["Back Order", "Open"]),
  willCallBy: z.enum(["empty-ship-via", "common-carrier"]),
  lineChangesMoveLastModified: z.boolean(),
  nothingToShip: z.enum(["error", "silent"]),
  confirmPolls: z.int().min(0),
  actionsAtOnce: z.boolean(),
  locationForm: z.enum(["path", "absolute"]),
  legacyEntityList: z.boolean(),
  listsUnsupported: z.record(z.string(), z.array(z.string())),
  unknownSelect: z.enum(["ignore", "refuse"]),
  linksInEntities: z.boolean(),
  setupMissing: z.record(z.string(), z.string()),
  concurrentEdits: z.record(z.string(), z.int().min(0)),
  clockSkewMs: z.int(),
  losePushes: z.int().min(0),
  pushDelayMs: z.int().min(0),
  pushRetryMs: z.int().min(0),
  pushTwice: z.boolean(),
  swapPushes: z.boolean(),
});

export const settingsChange = z.strictObject({
  shipstation: shipStationSettings.partial().optional(),
  acumatica: acumaticaSettings.partial().optional(),
});
export type SettingsChange = z.output<typeof settingsChange>;

/** The settings as they are now; a member nobody has set is left out. */
export function shownSettings(shipstation: object, acumatica: object): Record<string, Record<string, unknown>> {
  const shown = (options: object, names: string[]): Record<string, unknown> => {
    const values = options as Record<string, unknown>;
    return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
  };
  return {
    shipstation: shown(shipstation, Object.keys(shipStationSettings.shape)),
    acumatica: shown(acumatica, Object.keys(acumaticaSettings.shape)),
  };
}

/** Carries out a change; members that were not named stay. */
export function changeSettings(change: SettingsChange, shipstation: object, acumatica: object): void {
  Object.assign(shipstation, change.shipstation);
  Object.assign(acumatica, change.acumatica);
}
