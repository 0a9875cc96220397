import { z } from "zod";
import type { Config } from "../config/config.ts";
import { operatorTokenFile, readOperatorToken } from "../config/operator-token.ts";
import { systemClock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { exchange, type HttpAnswer } from "../lib/http.ts";
import type { Problem } from "../lib/problem.ts";
import type { Terminal } from "./terminal.ts";

/** A fit check signs in to an ERP, which may take its time. */
const totalMs = 300_000;
const maxBytes = 64 * 1024 * 1024;

/** What the service answered instead of what was asked for, or that it did not answer. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: string;
  readonly cure: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: string, message: string, cure?: string, problems: readonly Problem[] = []) {
    super(message);
    this.code = code;
    this.cure = cure;
    this.problems = problems;
  }
}

export type Query = Readonly<Record<string, string | undefined>>;

/** The running service's API, signed in as the operator. Every call throws ApiFailure. */
export interface Api {
  get(path: string, query?: Query): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
  delete(path: string): Promise<void>;
}

export function createApi(config: Config, terminal: Pick<Terminal, "fetchFrom">): Api {
  const base = config.apiUrl;
  const fetch = terminal.fetchFrom(new URL(base).origin);

  async function call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    const token = readOperatorToken(config);
    if (token === undefined) throw noToken(config);
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const url = new URL(`${base}/api/v1${path}`);
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    let answer: HttpAnswer;
    try {
      answer = await exchange({ fetch, clock: systemClock }, { method, url, headers, ...content, totalMs, maxBytes });
    } catch (thrown) {
      const error = asConnectorError(thrown);
      throw new ApiFailure(
        error.code,
        `No service answers at ${base}: ${error.message}`,
        "Is it running? Start it with: npm start. If it runs elsewhere, set ML_API_URL.",
      );
    }
    return readAnswer(answer, base, config);
  }

  return {
    get: (path, query = {}) => {
      const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const text = new URLSearchParams(given).toString();
      return call("GET", text === "" ? path : `${path}?${text}`);
    },
    post: (path, body) => call("POST", path, body ?? {}),
    delete: async (path) => {
      await call("DELETE", path);
    },
  };
}

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    cure: z.string().optional(),
    problems: z.array(z.object({ field: z.string(), found: z.string(), cure: z.string() })).optional(),
  }),
});

function readAnswer({ status, text }: HttpAnswer, base: string, config: Config): unknown {
  if (status === 204) return undefined;
  const body = parseJson(text);
  if (status === 401) {
    throw new ApiFailure(
      "request.signed-out",
      `The service at ${base} does not accept the operator token.`,
      config.apiToken === undefined
        ? `The token was read from ${operatorTokenFile(config)}: set ML_DATA_DIR to the service's directory, or ML_API_TOKEN.`
        : "Give ML_API_TOKEN the token of that service.",
    );
  }
  const failure = errorBody.safeParse(body);
  if (status >= 400 && failure.success) {
    const { code, message, cure, problems } = failure.data.error;
    throw new ApiFailure(code, message, cure, problems);
  }
  if (status >= 400 || body === undefined) {
    throw new ApiFailure(
      "request.unreadable",
      `What answers at ${base} is not this service (HTTP ${status}).`,
      "Set ML_API_URL to the address of the service.",
    );
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const noToken = (config: Config): ApiFailure =>
  new ApiFailure(
    "request.signed-out",
    `There is no operator token: ${operatorTokenFile(config)} does not exist.`,
    "Start the service once with npm start, set ML_DATA_DIR to its directory, or set ML_API_TOKEN.",
  );
