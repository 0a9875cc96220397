import { entity } from "./contract-entities.ts";
import { findField, fieldsOf, type Contract, type EntitySpec } from "./contract.ts";
import { parseFilter } from "./filter-syntax.ts";
import { compileFilter, type Predicate } from "./filter.ts";
import { failure, invalidQuery } from "./refusals.ts";
import type { Shape } from "./wire-text.ts";

export interface Query {
  shape: Shape;
  filter: Predicate | undefined;
  top: number | undefined;
  skip: number;
  custom: ReadonlySet<string>;
  showFiles: boolean;
}

export interface QueryRules {
  /** What `$select` of a field does that this endpoint version lacks; nobody has established it (facts: acumatica 8, 10). */
  unknownSelect: "ignore" | "refuse";
}

/** Reads `$select $filter $expand $custom $skip $top`; anything else in the query string is ignored. */
export function parseQuery(params: URLSearchParams, spec: EntitySpec, contract: Contract, rules: QueryRules): Query {
  const expand = names(params.get("$expand"));
  const select = names(params.get("$select"));
  const filter = params.get("$filter");
  return {
    shape: shapeOf(spec, contract, expand, select, rules),
    filter: filter === null || filter.trim() === "" ? undefined : compileFilter(parseFilter(filter), spec, contract),
    top: count(params, "$top"),
    skip: count(params, "$skip") ?? 0,
    custom: new Set(names(params.get("$custom")).map((name) => name.slice(name.lastIndexOf("/") + 1))),
    showFiles: expand.includes("files"),
  };
}

const names = (text: string | null): string[] =>
  (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

function count(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw invalidQuery(`Invalid value '${text}' for ${name} query option found.`);
  return Number(text);
}

interface MutableShape {
  names: Set<string> | undefined;
  nested: Map<string, MutableShape>;
}

/**
 * `$expand` must name every level (facts: acumatica 2.2): `Details/Allocations` without `Details` shows neither. `$select`
 * narrows the level it names something of; an expanded level it names nothing of comes whole.
 */
function shapeOf(spec: EntitySpec, contract: Contract, expand: string[], select: string[], rules: QueryRules): Shape {
  const root: MutableShape = { names: undefined, nested: new Map() };
  for (const path of [...expand].sort((a, b) => depth(a) - depth(b))) {
    if (path === "files") continue;
    if (!nestedAt(spec, contract, path)) {
      throw failure(
        500,
        "The given key was not present in the dictionary.",
        "System.Collections.Generic.KeyNotFoundException",
      );
    }
    const parent = shapeAt(root, path.split("/").slice(0, -1));
    parent?.nested.set(lastStep(path), { names: undefined, nested: new Map() });
  }
  for (const path of select) {
    const steps = path.split("/");
    const owner = steps.length === 1 ? spec : nestedAt(spec, contract, steps.slice(0, -1).join("/"));
    if (!owner || !findField(owner, contract, lastStep(path))) {
      if (rules.unknownSelect === "refuse" && path !== "files") {
        throw invalidQuery(`Could not find a property named '${path}' on type 'Default.${spec.name}'.`);
      }
      if (!owner) continue;
    }
    const shape = shapeAt(root, steps.slice(0, -1));
    if (shape) (shape.names ??= new Set()).add(lastStep(path));
    // Naming something below a level leaves the levels above it without fields of their own.
    if (steps.length > 1) root.names ??= new Set();
  }
  return root;
}

const depth = (path: string): number => path.split("/").length;
const lastStep = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

function shapeAt(root: MutableShape, steps: string[]): MutableShape | undefined {
  return steps.reduce<MutableShape | undefined>((shape, step) => shape?.nested.get(step), root);
}

function nestedAt(spec: EntitySpec, contract: Contract, path: string): EntitySpec | undefined {
  return path.split("/").reduce<EntitySpec | undefined>((at, step) => {
    const field = at && findField(at, contract, step);
    return field?.kind === "linked" || field?.kind === "rows" ? entity(field.of) : undefined;
  }, spec);
}

/**
 * Lists are read in one optimised statement; a field computed by code makes that impossible at some customers and not at others
 * (facts: acumatica 2.2). `unsupported` names such fields or collections: `Details`, `IsTaxValid`, `Details/UnitCost`.
 */
export function refuseUnsupportedList(
  spec: EntitySpec,
  contract: Contract,
  shape: Shape,
  unsupported: readonly string[],
): void {
  const offending = unsupported.filter((path) => {
    const steps = path.split("/");
    const owner = shapeAt(shape as MutableShape, steps.slice(0, -1));
    const last = lastStep(path);
    if (!owner) return false;
    if (owner.nested.has(last)) return true;
    const at = steps.length === 1 ? spec : nestedAt(spec, contract, steps.slice(0, -1).join("/"));
    const isScalar =
      at !== undefined && fieldsOf(at, contract).some((field) => field.name === last && !("of" in field));
    return isScalar && (owner.names === undefined || owner.names.has(last));
  });
  if (offending.length === 0) return;
  const lines = offending.map(
    (path) => `${path}: View ${path.includes("/") ? path.split("/")[0] : spec.view} has BQL delegate\r\n`,
  );
  throw failure(
    500,
    `Optimization cannot be performed.The following fields cause the error:\r\n${lines.join("")}`,
    "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
    "PX.Api.ContractBased.OptimizedExport.NotWorkingOptimizedExportProvider.get_CanOptimize()",
  );
}
