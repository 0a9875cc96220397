import { afterEach, beforeEach } from "vitest";
import type { Fetch } from "../../src/lib/http.ts";
import { isRecorded } from "./recorded.ts";
import { answerMisfits, requestMisfits, type Misfit } from "./spec-check.ts";
import { differences, type Difference } from "./spec-differences.ts";

/** Holds every exchange of a test against the vendors' specifications. */
export interface SpecWatch {
  /** Around what our clients send through. */
  requests: (fetch: Fetch) => Fetch;
  /** Around what a sandbox answers, beneath the faults put over it. */
  answers: (fetch: Fetch) => Fetch;
  /** Something a test does on purpose: not a misfit, and `finish` throws when it never happened. */
  allow: (what: RegExp) => void;
  /** Exchanges looked at, by `METHOD path`. */
  readonly seen: { requests: number; answers: number };
  /** Listed differences that occurred. */
  readonly met: Set<Difference>;
  /** Everything that no listed difference explains. */
  misfits: () => string[];
  /** Throws an Error that names every such misfit. */
  finish: () => void;
}

const isThere = isRecorded("specs");
if (!isThere) {
  if (process.env["CI"] === "true") throw new Error("../shared/specs is required under CI");
  console.warn("NOTICE: exchanges are not held against the specifications, because ../shared/specs is not there.");
}

/** A sandbox's own controls, and the pages of Acumatica's screens: neither is the API. */
const isControl = (url: URL): boolean => /^\/_sandbox|\.aspx$|^\/Main$/.test(url.pathname);

export function createSpecWatch(): SpecWatch {
  const unexplained = new Map<string, number>();
  const met = new Set<Difference>();
  const seen = { requests: 0, answers: 0 };
  const allowed = new Map<RegExp, number>();
  const judge = (check: () => Misfit[]): void => {
    try {
      for (const misfit of check()) {
        const known = differenceOf(misfit);
        const onPurpose = [...allowed.keys()].find((what) => what.test(misfit.text));
        if (onPurpose) allowed.set(onPurpose, (allowed.get(onPurpose) ?? 0) + 1);
        else if (known) met.add(known);
        else count(unexplained, `${misfit.api} ${misfit.side}: ${misfit.text}`);
      }
    } catch (thrown) {
      // The client would take it for a failing network.
      count(unexplained, `the check itself failed: ${String(thrown)}`);
    }
  };
  const misfits = (): string[] =>
    [...unexplained].map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`));
  return {
    seen,
    met,
    misfits,
    allow: (what) => allowed.set(what, 0),
    requests: (fetch) => async (request) => {
      const url = new URL(request.url);
      if (isThere && !isControl(url)) {
        const body = request.method === "GET" ? "" : await request.clone().text();
        seen.requests += 1;
        judge(() => requestMisfits({ method: request.method, url, headers: request.headers, body }));
      }
      return fetch(request);
    },
    answers: (fetch) => async (request) => {
      const { method, url } = request;
      const response = await fetch(request);
      if (isThere && !isControl(new URL(url))) {
        const text = await response.clone().text();
        seen.answers += 1;
        const { status, headers } = response;
        judge(() => answerMisfits({ method, url: new URL(url) }, { status, headers, text }));
      }
      return response;
    },
    finish: () => {
      const idle = [...allowed].filter(([, times]) => isThere && times === 0);
      const all = [
        ...misfits(),
        ...idle.map(([what]) => `nothing happened that fits ${String(what)}, which the test allows`),
      ];
      if (all.length === 0) return;
      throw new Error(
        `${all.length} differences from the vendors' specifications that test/support/spec-differences.ts does not list:\n${all.slice(0, 40).join("\n")}`,
      );
    },
  };
}

/** A watch for a file of tests: each test fails with the misfits that happened in it. */
export function watchSpecs(): Pick<SpecWatch, "requests" | "answers" | "allow"> {
  let current = createSpecWatch();
  beforeEach(() => {
    current = createSpecWatch();
  });
  afterEach(() => current.finish());
  return {
    allow: (what) => current.allow(what),
    requests: (fetch) => (request) => current.requests(fetch)(request),
    answers: (fetch) => (request) => current.answers(fetch)(request),
  };
}

/** The listed difference that explains a misfit. */
export const differenceOf = ({ api, side, text }: Misfit): Difference | undefined =>
  differences.find((each) => api.startsWith(each.api) && each.side === side && each.what.test(text));

const count = (counts: Map<string, number>, text: string): void => {
  counts.set(text, (counts.get(text) ?? 0) + 1);
};
