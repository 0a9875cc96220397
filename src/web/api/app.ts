import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "@hono/zod-openapi";
import type { Problem } from "../../lib/problem.ts";
import { ApiError } from "../api-error.ts";
import type { SignedIn } from "../auth.ts";

/** What the sign-in check leaves for the routes. */
export interface WebEnv {
  Variables: {
    /** For the audit trail: a person's e-mail address, or `operator` for the operator token. */
    actor: string;
    user: SignedIn | undefined;
  };
}

export type Api = OpenAPIHono<WebEnv>;

/** Routes whose requests are checked against their schemas, with all problems told at once. */
export function createApi(): Api {
  return new OpenAPIHono<WebEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw new ApiError("request.invalid", "The request is not as it should be.", {
        status: result.target === "json" ? 422 : 400,
        problems: result.error.issues.flatMap(problemsOf),
      });
    },
  });
}

/** Never repeats what was sent: it may be a password. */
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const at = (path: readonly PropertyKey[]): string =>
    path
      .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${String(part)}`))
      .join("");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: at([...issue.path, key]),
      found: "an unknown field",
      cure: "Leave it out.",
    }));
  }
  const isMissing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
  return [
    {
      field: at(issue.path) || "(the whole request)",
      found: isMissing ? "nothing" : "an invalid value",
      cure: isMissing ? "Give a value." : `${issue.message}.`,
    },
  ];
}
