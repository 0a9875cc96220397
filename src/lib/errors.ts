import { errorTable, type Disposition, type ErrorCode } from "./error-table.ts";
import type { Problem } from "./problem.ts";

export interface ErrorDetails {
  /** One plain sentence about this very occurrence; defaults to the code's message. */
  message?: string;
  cause?: unknown;
  /** For `wait`: how long to leave the system alone. */
  retryAfterMs?: number;
  /** False only when the remote system certainly did not apply the write. */
  mayHaveApplied?: boolean;
  problems?: readonly Problem[];
  /** HTTP status, where there was one. */
  status?: number;
}

/** The only error class that crosses a folder. Its code, from one closed table, decides what happens next. */
export class ConnectorError extends Error {
  override readonly name = "ConnectorError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly mayHaveApplied: boolean;
  readonly problems: readonly Problem[];
  readonly status: number | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? errorTable[code].message, { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.mayHaveApplied = details.mayHaveApplied ?? false;
    this.problems = details.problems ?? [];
    this.status = details.status;
  }

  get disposition(): Disposition {
    return errorTable[this.code].disposition;
  }

  get cure(): string {
    return errorTable[this.code].cure;
  }
}

/** Anything thrown, as a ConnectorError; what is not one already is a defect of ours. */
export function asConnectorError(thrown: unknown): ConnectorError {
  if (thrown instanceof ConnectorError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new ConnectorError("internal.defect", { message: `Unexpected: ${text}`, cause: thrown });
}
