import type { Terminal } from "../../src/cli/terminal.ts";

export interface AskedApi {
  method: string;
  path: string;
  token: string | null;
  body: unknown;
}

/** What the stand-in for the service's API answers: a status and a body by "METHOD /path?query". */
export type ApiAnswers = Record<string, [status: number, body: unknown] | undefined>;

export interface TerminalUnderTest {
  terminal: Terminal;
  out: string[];
  err: string[];
  asked: AskedApi[];
}

export const testToken = "operator-token-of-tests-0123456789";

/** A terminal whose service answers from a table; without a table nothing listens. */
export function createTerminal(
  answers: ApiAnswers | undefined,
  given: { env?: Record<string, string>; input?: string; progress?: (text: string) => void } = {},
): TerminalUnderTest {
  const out: string[] = [];
  const err: string[] = [];
  const asked: AskedApi[] = [];
  const terminal: Terminal = {
    env: { ML_API_URL: "http://127.0.0.1:4999", ML_API_TOKEN: testToken, ...given.env },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    progress: given.progress,
    readInput: () => Promise.resolve(given.input ?? ""),
    fetchFrom: () => async (request) => {
      if (!answers) throw Object.assign(new TypeError("fetch failed"), { cause: refused() });
      const { pathname, search } = new URL(request.url);
      const path = pathname.replace("/api/v1", "") + search;
      const text = await request.text();
      asked.push({
        method: request.method,
        path,
        token: request.headers.get("authorization"),
        body: text === "" ? undefined : JSON.parse(text),
      });
      const [status, body] = answers[`${request.method} ${path}`] ?? [
        404,
        { error: { code: "request.unknown", message: "There is no such thing." } },
      ];
      if (body instanceof Uint8Array) {
        return new Response(Buffer.from(body), { status, headers: { "content-type": "application/pdf" } });
      }
      return new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body), { status });
    },
  };
  return { terminal, out, err, asked };
}

const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
