import type { Problem } from "../lib/problem.ts";

/** What an unsuccessful or unexpected answer says, whatever shape it came in (facts: payloads 4.7). */
export interface ErrorBody {
  kind: "json" | "html" | "text" | "cut" | "empty";
  exceptionType: string;
  /** Everything it says, most telling first; without the stack trace, which may hold customers' data. */
  texts: string[];
  /** One for each field or row of a returned entity that carries an `error`. */
  problems: Problem[];
}

const looksLikeHtml = /^\s*<(!doctype|html|head|\?xml)/i;

/** A web page where data was expected: a sign-in form, an error page, a proxy's page. */
export const isHtml = (answer: { headers: Headers; text: string }): boolean =>
  (answer.headers.get("content-type") ?? "").toLowerCase().includes("html") || looksLikeHtml.test(answer.text);

export function readErrorBody(answer: { headers: Headers; text: string }): ErrorBody {
  const text = answer.text.trim();
  if (text === "") return { kind: "empty", exceptionType: "", texts: [], problems: [] };
  if (isHtml(answer)) {
    const title = /<title[^>]*>([\s\S]*?)<\/title>/i.exec(text)?.[1];
    return { kind: "html", exceptionType: "", texts: title ? [tidy(title)] : [], problems: [] };
  }
  const body = parseObject(text);
  // Half of an answer: what it is about may be in the other half.
  if (!body)
    return { kind: text.startsWith("{") ? "cut" : "text", exceptionType: "", texts: [tidy(text)], problems: [] };
  const problems: Problem[] = [];
  collectProblems(body, "", problems, 0);
  return { kind: "json", exceptionType: textOf(body["exceptionType"]), texts: textsOf(body), problems };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** The exception's own words before the general `message`, the inner exception's after the outer one's. */
function textsOf(body: Record<string, unknown>): string[] {
  const inner = body["innerException"];
  const modelState = isObject(body["modelState"]) ? Object.values(body["modelState"]).flat() : [];
  const said = [
    body["exceptionMessage"],
    body["error"],
    ...(isObject(inner) ? textsOf(inner) : []),
    ...modelState,
    body["messageDetail"],
    body["message"],
  ];
  return said.map(textOf).filter((text) => text !== "");
}

/** Errors sit in fields, on rows and on linked entities, at any depth; a field's path is kept, e.g. `Details[1].InventoryID`. */
function collectProblems(node: unknown, path: string, problems: Problem[], depth: number): void {
  if (depth > 8) return;
  if (Array.isArray(node)) {
    node.forEach((row, index) => collectProblems(row, `${path}[${index}]`, problems, depth + 1));
    return;
  }
  if (!isObject(node)) return;
  const said = textOf(node["error"]);
  if (said !== "" && path !== "") {
    const found = node["value"];
    problems.push({ field: path, found: scalarText(found), cure: said });
  }
  for (const [name, member] of Object.entries(node)) {
    if (name === "_links" || name === "innerException") continue;
    collectProblems(member, path === "" ? name : `${path}.${name}`, problems, depth + 1);
  }
}

const scalarText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === "string" ? tidy(value) : "");

/** Acumatica builds its texts with double blanks, line breaks and padding. */
const tidy = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 600);
