import type { Problem } from "../lib/problem.ts";

/**
 * What became of one record's translation. Bad data is an ordinary outcome, not an exception: all problems of a record
 * come at once, so that one correction in the ERP is enough. Warnings name what was left out or shortened.
 */
export type Mapped<T> = { ok: true; value: T; warnings: Problem[] } | { ok: false; problems: Problem[] };
