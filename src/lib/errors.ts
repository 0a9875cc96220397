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

/** SQLSTATEs of a server that is away, full, busy or gave way; https://www.postgresql.org/docs/15/errcodes-appendix.html. */
const unavailable = /^(?:08\w{3}|53\w{3}|57P0[1-5]|57014|58\w{3}|40001|40P01|55P03|25P03)$/;
/** What the driver says of a connection that is no more, without a code. */
const connectionGone =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;
/** Whoever calls a remote system has translated its errors already: what is left of these is between us and the database. */
const broken = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"]);
/** "Disk full"; the text that comes with it does not always say so. */
const diskFull = "53100";
const databaseWaitMs = 10_000;

interface Told {
  text: string;
  code: string;
}

/** An error, or a plain object made of one, as the engine tells its errors. */
function whatIsTold(thrown: unknown): Told {
  if (typeof thrown !== "object" || thrown === null) return { text: String(thrown), code: "" };
  const { message, code } = thrown as { message?: unknown; code?: unknown };
  return {
    text: typeof message === "string" ? message : JSON.stringify(thrown),
    code: typeof code === "string" ? code : "",
  };
}

const isOfDatabase = ({ text, code }: Told): boolean =>
  unavailable.test(code) || broken.has(code) || connectionGone.test(text);

/** Anything thrown, as a ConnectorError; what is not one already is the database's absence, or a defect of ours. */
export function asConnectorError(thrown: unknown): ConnectorError {
  if (thrown instanceof ConnectorError) return thrown;
  const told = whatIsTold(thrown);
  const { text, code } = told;
  if (isOfDatabase(told)) {
    const message = `${code === diskFull ? "The database's disk is full" : "The database cannot be reached"}: ${text}`;
    return new ConnectorError("database.unavailable", { message, cause: thrown, retryAfterMs: databaseWaitMs });
  }
  return new ConnectorError("internal.defect", { message: `Unexpected: ${text}`, cause: thrown });
}
