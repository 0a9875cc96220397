import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ConnectorError, asConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";

/** What is wrong with a request itself. Everything behind the request throws ConnectorError. */
export type RequestErrorCode =
  | "request.invalid"
  | "request.signed-out"
  | "request.forbidden"
  | "request.unknown"
  | "request.conflict"
  | "request.too-large"
  | "request.too-many";

const statuses = {
  "request.invalid": 400,
  "request.signed-out": 401,
  "request.forbidden": 403,
  "request.unknown": 404,
  "request.conflict": 409,
  "request.too-large": 413,
  "request.too-many": 429,
} as const satisfies Record<RequestErrorCode, ContentfulStatusCode>;

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: RequestErrorCode;
  readonly status: ContentfulStatusCode;
  readonly cure: string | undefined;
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: RequestErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.code = code;
    this.status = details.status ?? statuses[code];
    this.cure = details.cure;
    this.problems = details.problems ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

interface ApiErrorDetails {
  status?: ContentfulStatusCode;
  cure?: string;
  problems?: readonly Problem[];
  retryAfterSeconds?: number;
}

export interface ErrorBody {
  error: { code: string; message: string; cure?: string; problems?: Problem[] };
}

/** Answers any error in one shape. What we did not foresee is logged here, once, and told without its internals. */
export function answerError(log: Log): (thrown: unknown, c: Context) => Response {
  return (thrown, c) => {
    if (thrown instanceof ApiError) {
      if (thrown.retryAfterSeconds !== undefined) c.header("retry-after", String(thrown.retryAfterSeconds));
      return c.json(bodyOf(thrown.code, thrown.message, thrown.cure, thrown.problems), thrown.status);
    }
    if (thrown instanceof HTTPException) {
      const code = thrown.status === 413 ? "request.too-large" : "request.invalid";
      return c.json(bodyOf(code, thrown.message || "The request could not be read."), thrown.status);
    }
    const error = asConnectorError(thrown);
    if (error.disposition === "defect") {
      log.error({ err: thrown }, "a request failed unexpectedly");
      const plain = new ConnectorError("internal.defect");
      return c.json(bodyOf(plain.code, plain.message, plain.cure), 500);
    }
    // Something a person can mend, or something that is over in a while.
    const whileAway = error.code === "database.unavailable" ? 503 : 409;
    const status = error.disposition === "person" ? 422 : whileAway;
    return c.json(bodyOf(error.code, error.message, error.cure, error.problems), status);
  };
}

export function bodyOf(code: string, message: string, cure?: string, problems: readonly Problem[] = []): ErrorBody {
  return {
    error: {
      code,
      message,
      ...(cure === undefined || cure === "" ? {} : { cure }),
      ...(problems.length === 0 ? {} : { problems: [...problems] }),
    },
  };
}
