import { z } from "@hono/zod-openapi";
import { recordKinds, recordStates } from "../../ledger/schema.ts";

/** The shapes of the API's answers, as they stand in the OpenAPI document. */

const time = z.string().openapi({ format: "date-time" });
export const kindSchema = z.enum(recordKinds);
export const stateSchema = z.enum(recordStates);

export const problemSchema = z.object({ field: z.string(), found: z.string(), cure: z.string() }).openapi("Problem");

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      cure: z.string().optional(),
      problems: z.array(problemSchema).optional(),
    }),
  })
  .openapi("Error");

const countsSchema = z.record(kindSchema, z.record(stateSchema, z.number().int()));

export const connectionSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(["active", "paused", "stopped"]),
    stop: z.object({ code: z.string(), text: z.string(), cure: z.string() }).nullable(),
    acumatica: z.object({
      instanceUrl: z.string(),
      tenant: z.string(),
      branch: z.string().nullable(),
      endpointName: z.string(),
      endpointVersion: z.string(),
      username: z.string().nullable(),
      signIn: z.enum(["password", "oauth-password", "oauth-code"]),
      clientId: z.string().nullable(),
    }),
    shipstation: z.object({ origin: z.string(), v2: z.object({ origin: z.string() }).nullable() }),
    authorisation: z
      .object({
        state: z.enum(["none", "valid", "ends-soon", "ended"]),
        authorisedAt: time.nullable(),
        authorisedBy: z.string().nullable(),
        endsAt: time.nullable(),
      })
      .nullable()
      .openapi({ description: "how the consent in Acumatica stands; null where none is used" }),
    company: z
      .object({ id: z.string(), title: z.string(), seenAt: time, confirmedAt: time.nullable() })
      .nullable()
      .openapi({ description: "what the company is recognised by; null before the first sign-in" }),
    notices: z
      .array(z.object({ code: z.string(), text: z.string(), cure: z.string() }))
      .openapi({ description: "what somebody should see to before it stops the connection" }),
    counts: countsSchema,
    polls: z.array(z.object({ stream: z.string(), polledAt: time, position: time, seen: z.number().int() })),
    flows: z.array(z.object({ flow: z.string(), dueAt: time, ranAt: time.nullable(), outcome: z.string().nullable() })),
    budget: z.object({ limit: z.number(), remaining: z.number(), windowEndsAt: time }).nullable(),
    webhookUrl: z.string(),
  })
  .openapi("Connection");

export const fitStageSchema = z
  .object({
    id: z.string().openapi({ description: "stays the same from version to version" }),
    title: z.string(),
    verdict: z.enum(["ok", "warning", "failed", "skipped"]),
    tried: z.string().openapi({ description: "what was asked, of whom" }),
    text: z.string().openapi({ description: "what came back" }),
    meaning: z.string().nullable().openapi({ description: "what that means for the connector" }),
    cure: z.string().nullable().openapi({ description: "what to do" }),
    took: z.number().openapi({ description: "milliseconds" }),
    details: z.array(z.string()),
  })
  .openapi("FitStage");

export const companySeenSchema = z
  .object({
    tenant: z.string(),
    here: z.object({ id: z.string(), title: z.string() }).nullable(),
    expected: z.object({ id: z.string(), title: z.string(), confirmedAt: time.nullable() }).nullable(),
    isExpected: z.boolean(),
  })
  .openapi("CompanySeen");

export const fitReportSchema = z
  .object({
    connection: z.string(),
    fits: z.boolean().openapi({ description: "no stage failed or was left out; warnings do not count" }),
    stages: z.array(fitStageSchema),
    calls: z
      .object({ acumatica: z.number().int(), shipstation: z.number().int() })
      .openapi({ description: "calls made to each system" }),
  })
  .openapi("FitReport");

export const recordSchema = z
  .object({
    connectionId: z.string(),
    kind: kindSchema,
    key: z.string(),
    state: stateSchema,
    title: z.string().nullable(),
    reason: z.object({ code: z.string(), text: z.string(), cure: z.string() }).nullable(),
    problems: z.array(problemSchema),
    attempts: z.number().int(),
    dueAt: time.nullable(),
    firstSeenAt: time,
    changedAt: time,
    parentKey: z.string().nullable(),
    shipstationOrderId: z.string().nullable(),
    trackingNumbers: z.array(z.string()),
    shipmentNbrs: z.array(z.string()),
  })
  .openapi("Record");

const effectState = z.enum(["planned", "dispatched", "done", "refused", "not_done", "in_doubt", "parked"]);
const system = z.enum(["acumatica", "shipstation"]);

const timelineSchema = z
  .discriminatedUnion("type", [
    z.object({
      at: time,
      type: z.literal("audit"),
      subject: z.string(),
      actor: z.string(),
      event: z.string(),
      detail: z.unknown(),
    }),
    z.object({
      at: time,
      type: z.literal("exchange"),
      id: z.number(),
      system,
      method: z.string(),
      url: z.string(),
      status: z.number().nullable(),
      tookMs: z.number(),
      failure: z.string().nullable(),
      requestBody: z.string().nullable(),
      responseBody: z.string().nullable(),
    }),
    z.object({
      at: time,
      type: z.literal("effect"),
      subject: z.string(),
      effectKey: z.string(),
      state: effectState,
      plan: z.unknown(),
      evidence: z.unknown(),
      attempt: z.number().int(),
    }),
  ])
  .openapi("TimelineEntry");

export const recordDetailSchema = z
  .object({
    record: recordSchema,
    source: z.unknown(),
    labels: z.array(recordSchema),
    links: z.array(z.object({ kind: kindSchema, key: z.string(), system, remoteId: z.string(), createdAt: time })),
    plans: z.array(
      z.object({
        planId: z.string(),
        warehouse: z.string(),
        state: z.string(),
        plan: z.unknown(),
        shipmentNbr: z.string().nullable(),
        labelIds: z.array(z.string()),
        createdAt: time,
        updatedAt: time,
      }),
    ),
    effects: z.array(
      z.object({
        effectKey: z.string(),
        kind: kindSchema,
        key: z.string(),
        state: effectState,
        plan: z.unknown(),
        evidence: z.unknown(),
        attempt: z.number().int(),
        dispatchedAt: time.nullable(),
        quarantineUntil: time.nullable(),
        settledAt: time.nullable(),
      }),
    ),
    timeline: z.array(timelineSchema),
  })
  .openapi("RecordDetail");

export const auditEntrySchema = z
  .object({
    id: z.number().int(),
    connectionId: z.string().nullable(),
    at: time,
    actor: z.string(),
    kind: z.string().nullable(),
    key: z.string().nullable(),
    event: z.string(),
    detail: z.unknown(),
    seq: z.number().int().nullable().openapi({ description: "its number in its connection's chain" }),
    hash: z.string().nullable(),
  })
  .openapi("AuditEntry");

export const auditChainSchema = z
  .object({
    connectionId: z.string().nullable(),
    head: z.object({ seq: z.number().int(), hash: z.string() }),
    earlier: z
      .number()
      .int()
      .openapi({ description: "entries from before there was a chain, which it does not cover" }),
    findings: z.array(
      z.object({
        kind: z.enum(["altered", "missing", "inserted", "reordered", "truncated", "head"]),
        seq: z.number().int().nullable(),
        text: z.string(),
      }),
    ),
    found: z.number().int().openapi({ description: "how many findings there are; the first are listed" }),
  })
  .openapi("AuditChain");

export const auditHeadsSchema = z
  .object({
    at: z.iso.datetime(),
    heads: z
      .array(
        z.object({
          connectionId: z.string().max(100).nullable(),
          seq: z.number().int().min(0),
          hash: z.string().regex(/^[0-9a-f]{0,64}$/),
        }),
      )
      .max(10_000),
    signature: z.string().regex(/^[0-9a-f]{0,64}$/),
  })
  .openapi("AuditHeads");

export const statusSchema = z
  .object({
    version: z.string(),
    startedAt: time,
    database: z.enum(["embedded", "server"]),
    connections: z.array(
      z.object({
        id: z.string(),
        state: z.enum(["active", "paused", "stopped"]),
        notices: z.array(z.object({ code: z.string(), text: z.string() })),
        counts: countsSchema,
      }),
    ),
    ready: z.boolean(),
  })
  .openapi("Status");

/** `200` and friends, with the error shape for everything else. */
export function answers<Status extends number, Schema extends z.ZodType>(
  status: Status,
  description: string,
  schema: Schema,
) {
  return {
    [status]: { description, content: { "application/json": { schema } } },
    default: { description: "An error", content: { "application/json": { schema: errorSchema } } },
  } as { [S in Status]: { description: string; content: { "application/json": { schema: Schema } } } } & {
    default: { description: string; content: { "application/json": { schema: typeof errorSchema } } };
  };
}

export const jsonBody = <Schema extends z.ZodType>(schema: Schema) =>
  ({ required: true, content: { "application/json": { schema } } }) as const;
