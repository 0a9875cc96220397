import { z } from "zod";

/** What can go wrong on purpose. */
export const faultKinds = [
  "status",
  "timeout-before",
  "timeout-after",
  "reset",
  "html",
  "truncated",
  "rate-limit-storm",
  "session-limit",
  "refuse-order",
  "drop-hook",
  "late",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Kinds that only one of the systems knows. */
const systemOf: Partial<Record<FaultKind, "acumatica" | "shipstation">> = {
  "session-limit": "acumatica",
  "refuse-order": "shipstation",
  "drop-hook": "shipstation",
};

const faultRule = z
  .strictObject({
    system: z.enum(["acumatica", "shipstation"]),
    match: z
      .strictObject({
        method: z.enum(["GET", "POST", "PUT", "DELETE"]).optional(),
        /** Part of the path and query, in any case; for `drop-hook` part of the resource_url. */
        path: z.string().min(1).optional(),
        bodyContains: z.string().min(1).optional(),
      })
      .optional(),
    kind: z.enum(faultKinds),
    /** Chance that a matching request is hit. */
    rate: z.number().min(0).max(1).default(1),
    /** How often at most; a storm counts once. */
    times: z.int().min(1).optional(),
    /** Matching requests that pass before the first hit. */
    after: z.int().min(0).default(0),
    status: z.int().min(200).max(599).optional(),
    /** Text as it is, anything else as JSON. */
    body: z.unknown().optional(),
    delayMs: z.int().min(0).optional(),
    /** For `reset`: whether the request is carried out first. */
    executed: z.boolean().default(true),
    /** For `refuse-order`: part of the order number, or place in the call. */
    orderNumber: z.string().min(1).optional(),
    index: z.int().min(0).optional(),
    /** For `refuse-order`: what ShipStation says. */
    text: z.string().min(1).optional(),
  })
  .superRefine((rule, context) => {
    const only = systemOf[rule.kind];
    const complain = (path: string, message: string): void => {
      context.addIssue({ code: "custom", path: [path], message });
    };
    if (only !== undefined && rule.system !== only) complain("system", `"${rule.kind}" is a fault of ${only} only`);
    if (rule.kind === "status" && rule.status === undefined) complain("status", `"status" needs a status`);
    if (rule.kind === "late" && rule.delayMs === undefined) complain("delayMs", `"late" needs delayMs`);
    if (rule.kind === "refuse-order" && rule.orderNumber === undefined && rule.index === undefined) {
      complain("orderNumber", `"refuse-order" needs orderNumber or index`);
    }
  });

const faultFile = z.strictObject({ rules: z.array(faultRule) });

export type FaultRule = z.output<typeof faultRule>;
/** As written in a file or sent to the control route: `{rules: [...]}`, or the bare list. */
export type FaultFile = z.input<typeof faultFile> | z.input<typeof faultRule>[];

/** Parses a fault file's JSON value. Throws an Error that names every member that is wrong. */
export function parseFaults(file: unknown): FaultRule[] {
  const parsed = faultFile.safeParse(Array.isArray(file) ? { rules: file as unknown[] } : file);
  if (parsed.success) return parsed.data.rules;
  const lines = parsed.error.issues.map(
    ({ path, message }) => `${path.length > 0 ? path.join(".") : "file"}: ${message}`,
  );
  throw new Error(`The faults cannot be used.\n${lines.join("\n")}`);
}
