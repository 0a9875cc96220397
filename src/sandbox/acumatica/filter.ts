import { entity } from "./contract-entities.ts";
import { findField, member, type Contract, type EntitySpec, type ScalarField, type ScalarKind } from "./contract.ts";
import type { Comparison, Expression, LiteralType, Operand } from "./filter-syntax.ts";
import { invalidQuery } from "./refusals.ts";
import { scalarOf } from "./wire-text.ts";

export type Predicate = (row: object) => boolean;

type Comparable = string | number | boolean | undefined;

interface Column {
  kind: LiteralType;
  read: (row: object) => Comparable;
  /** Fields of one view may be combined; conditions over several views find nothing (facts: acumatica 2.2). */
  view: string;
}

/** Checks the expression against the contract, then answers row by row. Throws Refusal (500) for what the site refuses. */
export function compileFilter(expression: Expression, spec: EntitySpec, contract: Contract): Predicate {
  switch (expression.kind) {
    case "and":
    case "or": {
      const left = compileFilter(expression.left, spec, contract);
      const right = compileFilter(expression.right, spec, contract);
      if (expression.kind === "or") return (row) => left(row) || right(row);
      if (viewsOf(expression, spec, contract).size > 1) return () => false;
      return (row) => left(row) && right(row);
    }
    case "not": {
      const inner = compileFilter(expression.inner, spec, contract);
      return (row) => !inner(row);
    }
    case "match":
      return compileMatch(expression, spec, contract);
    case "comparison":
      return compileComparison(expression, spec, contract);
  }
}

function viewsOf(expression: Expression, spec: EntitySpec, contract: Contract): Set<string> {
  const operands = operandsOf(expression).filter((operand) => operand.kind !== "literal");
  return new Set(operands.map((operand) => columnOf(operand, spec, contract).view));
}

function operandsOf(expression: Expression): Operand[] {
  switch (expression.kind) {
    case "not":
      return operandsOf(expression.inner);
    case "match":
      return [expression.field];
    case "comparison":
      return [expression.left, expression.right];
    case "and":
    case "or":
      return [...operandsOf(expression.left), ...operandsOf(expression.right)];
  }
}

function compileMatch(expression: Expression & { kind: "match" }, spec: EntitySpec, contract: Contract): Predicate {
  const { field, text, how } = expression;
  if (field.kind === "literal" || text.kind !== "literal" || typeof text.value !== "string") {
    throw invalidQuery(`No function signature for the function with name '${how}' matches the specified arguments.`);
  }
  const column = columnOf(field, spec, contract);
  const wanted = text.value;
  return (row) => {
    const value = column.read(row);
    if (typeof value !== "string") return false;
    if (how === "substringof") return value.includes(wanted);
    return how === "startswith" ? value.startsWith(wanted) : value.trimEnd().endsWith(wanted);
  };
}

function compileComparison(
  expression: Expression & { kind: "comparison" },
  spec: EntitySpec,
  contract: Contract,
): Predicate {
  const [path, literal, operator] =
    expression.left.kind === "literal"
      ? [expression.right, expression.left, mirrored[expression.operator]]
      : [expression.left, expression.right, expression.operator];
  if (path.kind === "literal" || literal.kind !== "literal") {
    throw invalidQuery("A comparison needs one field and one literal.");
  }
  const column = columnOf(path, spec, contract);
  if (literal.type === "null") return (row) => (column.read(row) === undefined) === (operator === "eq");
  if (!compatible(column.kind, literal.type)) {
    throw invalidQuery(
      `A binary operator with incompatible types was detected. Found operand types '${edmName[column.kind]}' and '${edmName[literal.type]}' for operator kind '${operator}'.`,
    );
  }
  const wanted = normal(literal.value ?? undefined);
  return (row) => {
    const value = normal(column.read(row));
    if (value === undefined || wanted === undefined) return operator === "ne";
    return compare(operator, value, wanted);
  };
}

const mirrored: Record<Comparison, Comparison> = { eq: "eq", ne: "ne", gt: "lt", ge: "le", lt: "gt", le: "ge" };

const edmName: Record<LiteralType, string> = {
  text: "Edm.String",
  number: "Edm.Decimal",
  flag: "Edm.Boolean",
  instant: "Edm.DateTimeOffset",
  day: "Edm.Date",
  guid: "Edm.Guid",
  null: "null",
};

/** Day fields take both kinds of literal: the vendor's own examples write `datetimeoffset` for them. */
const compatible = (column: LiteralType, literal: LiteralType): boolean =>
  column === literal || (column === "day" && literal === "instant");

const normal = (value: Comparable): Comparable => (typeof value === "string" ? value.trimEnd() : value);

function compare(operator: Comparison, value: string | number | boolean, wanted: string | number | boolean): boolean {
  switch (operator) {
    case "eq":
      return value === wanted;
    case "ne":
      return value !== wanted;
    case "gt":
      return value > wanted;
    case "ge":
      return value >= wanted;
    case "lt":
      return value < wanted;
    case "le":
      return value <= wanted;
  }
}

function columnOf(operand: Operand, spec: EntitySpec, contract: Contract): Column {
  if (operand.kind === "custom") return customColumn(operand);
  if (operand.kind === "literal") throw invalidQuery("A field is expected.");
  const steps = operand.path.split("/");
  let at = spec;
  const through: string[] = [];
  for (const step of steps.slice(0, -1)) {
    const field = findField(at, contract, step);
    if (!field) throw unknownProperty(step, at);
    if (field.kind === "rows") {
      throw invalidQuery(
        `The parent value for a property access of a property '${steps.at(-1) ?? ""}' is not a single value.`,
      );
    }
    if (field.kind !== "linked") throw unknownProperty(steps.at(-1) ?? "", at);
    through.push(step);
    at = entity(field.of);
  }
  const name = steps.at(-1) ?? "";
  const field = findField(at, contract, name);
  if (!field || field.kind === "linked" || field.kind === "rows") throw unknownProperty(name, at);
  return {
    kind: literalKind[field.kind],
    view: through.join("/"),
    read: (row) => {
      const owner = through.reduce<unknown>((inner, step) => (inner ? member(inner, step) : undefined), row);
      return owner ? stored(field, owner) : undefined;
    },
  };
}

const literalKind: Record<ScalarKind, LiteralType> = {
  text: "text",
  ustime: "text",
  int: "number",
  short: "number",
  qty: "number",
  money: "number",
  rate: "number",
  flag: "flag",
  day: "day",
  instant: "instant",
  guid: "guid",
};

function stored(field: ScalarField, row: object): Comparable {
  const value = scalarOf(field, row);
  if (value === undefined || value === null) return undefined;
  return field.kind === "day" ? Date.parse(value as string) : (value as Comparable);
}

function customColumn(operand: { type: string; path: string }): Column {
  const [view = "", field = ""] = operand.path.split(".");
  const kinds: Record<string, LiteralType> = {
    Decimal: "number",
    Int: "number",
    Boolean: "flag",
    DateTime: "instant",
    Guid: "guid",
  };
  return {
    kind: kinds[operand.type] ?? "text",
    view: "",
    read: (row) => {
      const views = member(row, "custom") as Record<string, Record<string, { value?: unknown }>> | undefined;
      const value = views?.[view]?.[field]?.value as Comparable;
      return operand.type === "DateTime" && typeof value === "string" ? Date.parse(value) : value;
    },
  };
}

const unknownProperty = (name: string, spec: EntitySpec): Error =>
  invalidQuery(`Could not find a property named '${name}' on type 'Default.${spec.name}'.`);
