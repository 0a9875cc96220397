import { parseWall, wallText } from "./pacific.ts";

/**
 * Model binding as ASP.NET Web API does it: names in any case, unknown members ignored, numbers and texts converted
 * where they can be, and one error per member that cannot (facts: shipstation 1.4, payloads 2.8).
 */
type Scalar = { kind: "text" | "integer" | "decimal" | "flag" | "date" | "day" };
interface ObjectShape {
  kind: "object";
  members: Record<string, Shape>;
}
interface ListShape {
  kind: "list";
  of: Shape;
}
export type Shape = Scalar | ObjectShape | ListShape;

/** What a shape yields: every member present, null where it was absent or null. */
export type Bound<S> = S extends { kind: "text" | "date" | "day" }
  ? string | null
  : S extends { kind: "integer" | "decimal" }
    ? number | null
    : S extends { kind: "flag" }
      ? boolean | null
      : S extends { kind: "object"; members: infer M }
        ? { [K in keyof M]: Bound<M[K]> } | null
        : S extends { kind: "list"; of: infer E }
          ? Bound<E>[] | null
          : never;

export interface BindingError {
  /** `items[0].quantity`; empty for the document itself. */
  path: string;
  text: string;
}

export const text = { kind: "text" } as const;
export const integer = { kind: "integer" } as const;
export const decimal = { kind: "decimal" } as const;
export const flag = { kind: "flag" } as const;
/** Date and time, kept as the text an answer shows: seven fraction digits. */
export const date = { kind: "date" } as const;
/** `YYYY-MM-DD`. */
export const day = { kind: "day" } as const;
export const object = <M extends Record<string, Shape>>(members: M) => ({ kind: "object", members }) as const;
export const list = <E extends Shape>(of: E) => ({ kind: "list", of }) as const;

export interface BindingRules {
  honourOffsets: boolean;
}

/** Binds a parsed JSON value. With errors, the value must not be used. */
export function bind<S extends Shape>(
  shape: S,
  value: unknown,
  rules: BindingRules,
): { value: Bound<S>; errors: BindingError[] } {
  const errors: BindingError[] = [];
  return { value: bindAt(shape, value, "", rules, errors) as Bound<S>, errors };
}

function bindAt(shape: Shape, value: unknown, path: string, rules: BindingRules, errors: BindingError[]): unknown {
  if (value === null || value === undefined) return null;
  switch (shape.kind) {
    case "object":
      if (typeof value !== "object" || Array.isArray(value)) return wrongKind(value, path, errors);
      return bindMembers(shape, value as Record<string, unknown>, path, rules, errors);
    case "list":
      if (!Array.isArray(value)) return wrongKind(value, path, errors);
      return value.map((element, index) => bindAt(shape.of, element, `${path}[${index}]`, rules, errors));
    default:
      return bindScalar(shape.kind, value, path, rules, errors);
  }
}

function bindMembers(
  shape: ObjectShape,
  value: Record<string, unknown>,
  path: string,
  rules: BindingRules,
  errors: BindingError[],
): Record<string, unknown> {
  let lowered: Map<string, unknown> | undefined;
  const bound: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    let found = value[name];
    if (found === undefined) {
      lowered ??= new Map(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]));
      found = lowered.get(name.toLowerCase());
    }
    bound[name] = bindAt(member, found, path ? `${path}.${name}` : name, rules, errors);
  }
  return bound;
}

function bindScalar(
  kind: Scalar["kind"],
  value: unknown,
  path: string,
  rules: BindingRules,
  errors: BindingError[],
): string | number | boolean | null {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    return wrongKind(value, path, errors);
  }
  const fail = (sentence: string): null => {
    errors.push({ path, text: `${sentence} Path '${path}', line 1, position 1.` });
    return null;
  };
  switch (kind) {
    case "text":
      return String(value);
    case "flag":
      if (typeof value === "boolean") return value;
      if (/^(true|false)$/i.test(String(value))) return String(value).toLowerCase() === "true";
      return fail(`Could not convert string to boolean: ${value}.`);
    case "integer":
    case "decimal":
      return bindNumber(kind, value, fail);
    case "date":
    case "day": {
      const wall = typeof value === "string" ? parseWall(value, rules.honourOffsets) : undefined;
      if (wall === undefined) return fail(`Could not convert string to DateTime: ${String(value)}.`);
      return kind === "date" ? wallText(wall) : wallText(wall).slice(0, 10);
    }
  }
}

function bindNumber(
  kind: "integer" | "decimal",
  value: string | number | boolean,
  fail: (sentence: string) => null,
): number | null {
  if (typeof value === "string" && value.trim() === "") return null;
  const number = Number(value);
  if (Number.isNaN(number)) return fail(`Could not convert string to ${kind}: ${value}.`);
  if (kind === "integer" && !Number.isInteger(number)) return fail(`Input string '${value}' is not a valid integer.`);
  return number;
}

function wrongKind(value: unknown, path: string, errors: BindingError[]): null {
  const start = Array.isArray(value) ? "[" : typeof value === "object" ? "{" : JSON.stringify(value);
  errors.push({
    path,
    text: `Unexpected character encountered while parsing value: ${start}. Path '${path}', line 1, position 1.`,
  });
  return null;
}
