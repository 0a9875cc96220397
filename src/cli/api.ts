import { createHash } from "node:crypto";
import { z } from "zod";
import type { Config } from "../config/config.ts";
import { operatorTokenFile, readOperatorToken } from "../config/operator-token.ts";
import { systemClock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { exchange, exchangeBytes, type HttpAnswer } from "../lib/http.ts";
import type { Problem } from "../lib/problem.ts";
import type { Terminal } from "./terminal.ts";

/** A fit check signs in to an ERP, which may take its time. */
const totalMs = 300_000;
/** Of an answer that comes line by line. */
const longMs = 1_800_000;
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
  /** A file of this type. Throws when something else came. */
  getFile(path: string, type: string): Promise<Uint8Array>;
  post(path: string, body?: unknown): Promise<unknown>;
  patch(path: string, body: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  delete(path: string): Promise<void>;
  /** Posts, and hands on each line of the answer as it comes; a service that answers at once gives one line. */
  postForLines(path: string, take: (line: unknown) => void): Promise<void>;
  /** Posts, and hands on the answer's bytes as they come. Throws if what came is not what the service sent. */
  download(path: string, append: (part: Uint8Array) => void): Promise<{ bytes: number; sha256: string }>;
}

export function createApi(config: Config, terminal: Pick<Terminal, "fetchFrom">): Api {
  const base = config.apiUrl;
  const fetch = terminal.fetchFrom(new URL(base).origin);

  function headersFor(body: unknown): Record<string, string> {
    const token = readOperatorToken(config);
    if (token === undefined) throw noToken(config);
    return {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
  }

  function unanswered(thrown: unknown): ApiFailure {
    const error =
      thrown instanceof ConnectorError ? thrown : new ConnectorError("network.unreachable", { cause: thrown });
    return new ApiFailure(
      error.code,
      `No service answers at ${base}: ${error.message}`,
      "Is it running? Start it with: npm start. If it runs elsewhere, set ML_API_URL.",
    );
  }

  async function call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const headers = headersFor(body);
    const url = new URL(`${base}/api/v1${path}`);
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    let answer: HttpAnswer;
    try {
      answer = await exchange({ fetch, clock: systemClock }, { method, url, headers, ...content, totalMs, maxBytes });
    } catch (thrown) {
      throw unanswered(thrown);
    }
    return readAnswer(answer, base, config);
  }

  return {
    get: (path, query = {}) => {
      const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const text = new URLSearchParams(given).toString();
      return call("GET", text === "" ? path : `${path}?${text}`);
    },
    getFile: async (path, type) => {
      const request = { method: "GET", url: new URL(`${base}/api/v1${path}`), totalMs, maxBytes } as const;
      const headers = { ...headersFor(undefined), accept: type };
      const answer = await exchangeBytes({ fetch, clock: systemClock }, { ...request, headers }).catch(
        (thrown: unknown) => {
          throw unanswered(thrown);
        },
      );
      if (answer.status === 200 && answer.headers.get("content-type") === type) return answer.bytes;
      readAnswer({ status: answer.status, text: Buffer.from(answer.bytes).toString("utf8") }, base, config);
      throw new ApiFailure("request.unreadable", `What answers at ${base} sent no ${type}.`);
    },
    post: (path, body) => call("POST", path, body ?? {}),
    patch: (path, body) => call("PATCH", path, body),
    put: (path, body) => call("PUT", path, body),
    delete: async (path) => {
      await call("DELETE", path);
    },
    postForLines: async (path, take) => {
      const headers = { ...headersFor({}), accept: "application/x-ndjson" };
      const signal = AbortSignal.timeout(longMs);
      const request = new Request(`${base}/api/v1${path}`, {
        method: "POST",
        headers,
        body: "{}",
        redirect: "manual",
        signal,
      });
      const response = await fetch(request).catch((thrown: unknown) => {
        throw unanswered(thrown);
      });
      if (response.status !== 200 || !response.body) {
        readAnswer({ status: response.status, text: await response.text() }, base, config);
        return;
      }
      try {
        for await (const line of linesIn(response.body)) take(readAnswer({ status: 200, text: line }, base, config));
      } catch (thrown) {
        if (thrown instanceof ApiFailure) throw thrown;
        throw new ApiFailure("network.unreachable", `The answer broke off: ${String(thrown)}`, "Try again.");
      }
    },
    download: async (path, append) => {
      const headers = headersFor(undefined);
      const signal = AbortSignal.timeout(totalMs);
      const request = new Request(`${base}/api/v1${path}`, { method: "POST", headers, redirect: "manual", signal });
      const response = await fetch(request).catch((thrown: unknown) => {
        throw unanswered(thrown);
      });
      const expected = response.headers.get("x-backup-sha256");
      if (response.status !== 200 || expected === null || !response.body) {
        readAnswer({ status: response.status, text: await response.text() }, base, config);
        throw new ApiFailure("request.unreadable", `What answers at ${base} sent no backup.`);
      }
      return await receive(response.body, expected, append);
    },
  };
}

async function* linesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest.trim() !== "") yield rest;
}

async function receive(
  body: ReadableStream<Uint8Array>,
  expected: string,
  append: (part: Uint8Array) => void,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const part of body) {
      append(part);
      hash.update(part);
      bytes += part.byteLength;
    }
  } catch (thrown) {
    throw new ApiFailure("network.unreachable", `The answer broke off: ${String(thrown)}`, "Try again.");
  }
  const sha256 = hash.digest("hex");
  if (sha256 !== expected)
    throw new ApiFailure("network.unreachable", "The answer did not arrive whole.", "Try again.");
  return { bytes, sha256 };
}

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    cure: z.string().optional(),
    problems: z.array(z.object({ field: z.string(), found: z.string(), cure: z.string() })).optional(),
  }),
});

function readAnswer({ status, text }: Pick<HttpAnswer, "status" | "text">, base: string, config: Config): unknown {
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
