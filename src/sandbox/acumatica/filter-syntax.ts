import { invalidQuery } from "./refusals.ts";

/** The subset of OData v3 that the contract API understands (facts: acumatica 2.2). */
export type Expression =
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "not"; inner: Expression }
  | { kind: "comparison"; operator: Comparison; left: Operand; right: Operand }
  | { kind: "match"; how: "substringof" | "startswith" | "endswith"; field: Operand; text: Operand };

export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

export type Operand =
  | { kind: "path"; path: string }
  | { kind: "custom"; type: string; path: string }
  | { kind: "literal"; type: LiteralType; value: string | number | boolean | null };

export type LiteralType = "text" | "number" | "flag" | "instant" | "day" | "guid" | "null";

const comparisons: ReadonlySet<string> = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);

const tokenPattern =
  /\s*(?:(cf\.\w+\(f='[^']*'\))|((?:datetimeoffset|datetime|date|guid)?'(?:[^']|'')*')|(-?\d+(?:\.\d+)?(?:[mMdDfFlL]\b)?)|([A-Za-z_][\w/.]*)|([(),]))/y;

/** Text of `$filter`, already percent-decoded, to an expression; what cannot be read is a 500, as on the live site. */
export function parseFilter(text: string): Expression {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw invalidQuery(`Expression expected at position ${text.length} in '${text}'.`);
    return token;
  };
  const expect = (wanted: string): void => {
    const token = next();
    if (token !== wanted) throw invalidQuery(`Syntax error: '${wanted}' expected instead of '${token}' in '${text}'.`);
  };

  function disjunction(): Expression {
    let left = conjunction();
    while (peek() === "or") {
      at++;
      left = { kind: "or", left, right: conjunction() };
    }
    return left;
  }
  function conjunction(): Expression {
    let left = primary();
    while (peek() === "and") {
      at++;
      left = { kind: "and", left, right: primary() };
    }
    return left;
  }
  function primary(): Expression {
    const token = peek();
    if (token === "not") {
      at++;
      return { kind: "not", inner: primary() };
    }
    if (token === "(") {
      at++;
      const inner = disjunction();
      expect(")");
      return inner;
    }
    if (token === "substringof" || token === "startswith" || token === "endswith") return match(token);
    const left = operand(next());
    const operator = next();
    if (!comparisons.has(operator)) throw invalidQuery(`Syntax error: '${operator}' is no operator in '${text}'.`);
    return { kind: "comparison", operator: operator as Comparison, left, right: operand(next()) };
  }
  function match(how: "substringof" | "startswith" | "endswith"): Expression {
    at++;
    expect("(");
    const first = operand(next());
    expect(",");
    const second = operand(next());
    expect(")");
    // `eq true` behind a function is redundant and commonly written.
    if (peek() === "eq" && tokens[at + 1] === "true") at += 2;
    return how === "substringof"
      ? { kind: "match", how, text: first, field: second }
      : { kind: "match", how, field: first, text: second };
  }

  const expression = disjunction();
  if (at < tokens.length) throw invalidQuery(`Syntax error at '${tokens[at] ?? ""}' in '${text}'.`);
  return expression;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const source = text.trimEnd();
  tokenPattern.lastIndex = 0;
  let end = 0;
  while (end < source.length) {
    tokenPattern.lastIndex = end;
    const match = tokenPattern.exec(source);
    if (!match) throw invalidQuery(`Syntax error at position ${end} in '${text}'.`);
    tokens.push(match[0].trim());
    end = tokenPattern.lastIndex;
  }
  return tokens;
}

function operand(token: string): Operand {
  const custom = /^cf\.(\w+)\(f='([^']*)'\)$/.exec(token);
  if (custom) return { kind: "custom", type: custom[1] ?? "", path: custom[2] ?? "" };
  const quoted = /^(datetimeoffset|datetime|date|guid)?'([\s\S]*)'$/.exec(token);
  if (quoted) return quotedLiteral(quoted[1], (quoted[2] ?? "").replaceAll("''", "'"));
  if (/^-?\d/.test(token)) return { kind: "literal", type: "number", value: Number(token.replace(/[a-zA-Z]$/, "")) };
  if (token === "true" || token === "false") return { kind: "literal", type: "flag", value: token === "true" };
  if (token === "null") return { kind: "literal", type: "null", value: null };
  return { kind: "path", path: token };
}

function quotedLiteral(prefix: string | undefined, content: string): Operand {
  if (prefix === undefined) return { kind: "literal", type: "text", value: content };
  if (prefix === "guid") return { kind: "literal", type: "guid", value: content.toLowerCase() };
  if (prefix === "date") {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(content)) throw unreadable(prefix, content);
    return { kind: "literal", type: "day", value: Date.parse(content) };
  }
  // A plus that was not percent-encoded has become a blank by now and fails here (facts: acumatica 2.2).
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(content))
    throw unreadable(prefix, content);
  const zoned = /(Z|[+-]\d{2}:\d{2})$/.test(content.slice(10)) || content.length === 10 ? content : `${content}Z`;
  return { kind: "literal", type: "instant", value: Date.parse(zoned.replace(/(\.\d{3})\d+/, "$1")) };
}

const unreadable = (prefix: string, content: string): Error =>
  invalidQuery(`Unrecognized 'Edm.${prefix === "date" ? "Date" : "DateTimeOffset"}' literal '${prefix}'${content}''.`);
