/*
 * A live order that is sent back as it was read is refused with 400 and no words (facts: shipstation 1.4 item 5): what only
 * ShipStation writes has to be taken out first (2.1). Two exceptions to the documented lists: `orderId` stays, because a split
 * order is addressed by it; `mergedOrSplit`, `mergedIds` and `parentId` stay on an order that was split or merged, because
 * leaving them out has overwritten the other parts (2.9).
 */
const orderMembers = [
  "createDate",
  "modifyDate",
  "customerId",
  "orderTotal",
  "holdUntilDate",
  "userId",
  "externallyFulfilled",
  "externallyFulfilledBy",
  "externallyFulfilledById",
  "externallyFulfilledByName",
  "labelMessages",
];
const itemMembers = ["orderItemId", "createDate", "modifyDate"];
const familyMembers = ["mergedOrSplit", "mergedIds", "parentId"];

type Members = Record<string, unknown>;

/** A copy of the order without what ShipStation does not take back. A new order comes out as it went in. */
export function withoutReadOnly(order: object): Members {
  const { ...sent } = order as Members;
  drop(sent, orderMembers);
  edit(sent, "billTo", dropVerdict);
  edit(sent, "shipTo", dropVerdict);
  edit(sent, "weight", dropWeightUnits);
  edit(sent, "advancedOptions", (options) => {
    const { mergedOrSplit, mergedIds, parentId } = options;
    const hasFamily = mergedOrSplit === true || typeof parentId === "number" || isFilled(mergedIds);
    if (!hasFamily) drop(options, familyMembers);
  });
  if (Array.isArray(sent["items"])) {
    sent["items"] = sent["items"].filter(isMembers).map((item) => {
      const line = { ...item };
      drop(line, itemMembers);
      edit(line, "weight", dropWeightUnits);
      return line;
    });
  }
  return sent;
}

/** An empty member says the same when it is left out, and the specification knows no nulls. */
export function withoutNulls(members: Members): Members {
  const said = Object.entries(members).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    said.map(([name, value]) => {
      if (Array.isArray(value))
        return [name, value.map((element: unknown) => (isMembers(element) ? withoutNulls(element) : element))];
      return [name, isMembers(value) ? withoutNulls(value) : value];
    }),
  );
}

const dropVerdict = (address: Members): void => drop(address, ["addressVerified"]);
const dropWeightUnits = (weight: Members): void => drop(weight, ["WeightUnits"]);

function drop(from: Members, names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(from, name);
}

/** Changes a copy of one member, where it is an object. */
function edit(parent: Members, name: string, change: (copy: Members) => void): void {
  const value = parent[name];
  if (!isMembers(value)) return;
  const copy = { ...value };
  change(copy);
  parent[name] = copy;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
