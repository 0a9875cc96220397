import { expect, test } from "vitest";
import { describeRecorded, readRecorded } from "../support/recorded.ts";
import { createWorld, type World } from "../support/world.ts";

interface Sent {
  method: string;
  path: string;
  body: unknown;
}

/** The bodies of a whole journey: bulk push, update, cancel, shipment with two packages, confirmation, webhooks. */
async function journeyBodies(): Promise<Sent[]> {
  const sent: Sent[] = [];
  const world = await createWorld({
    orders: 6,
    webhooks: true,
    network: (fetch) => async (request) => {
      const text = request.method === "GET" ? "" : await request.clone().text();
      if (text !== "")
        sent.push({ method: request.method, path: new URL(request.url).pathname, body: JSON.parse(text) });
      return fetch(request);
    },
  });
  try {
    await travel(world);
  } finally {
    await world.close();
  }
  return sent;
}

async function travel(world: World): Promise<void> {
  await world.run("subscription");
  await world.run("orders-out");
  const [edited, cancelled] = world.sandbox.acumatica.tables.salesOrders;
  const line = edited!.Details[0]!;
  world.clock.advance(60_000);
  world.sandbox.acumatica.editOrder("SO", edited!.OrderNbr, {
    lines: { quantity: { [line.LineNbr]: line.OrderQty + 1 } },
  });
  world.sandbox.acumatica.editOrder("SO", cancelled!.OrderNbr, { status: "Canceled" });
  await world.run("orders-out");
  const waiting = [...world.sandbox.shipstation.tables.orders.values()].filter(
    (order) => order.orderStatus === "awaiting_shipment",
  );
  for (const order of waiting) world.sandbox.shipstation.buyLabels({ orderIds: [order.orderId], packages: 2 });
  await world.settle();
  expect(world.sandbox.check()).toMatchObject({ shipped: 5, failed: 0 });
}

interface Schema {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
}
interface Spec {
  components?: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, { requestBody?: { content: { "application/json": { schema: Schema } } } }>>;
}

/** Every way in which a value does not fit a schema; a member the schema does not know is one of them. */
function misfits(spec: Spec, schema: Schema, value: unknown, path = "body"): string[] {
  const { properties, required, items, type } = flatten(spec, schema);
  if (Array.isArray(value)) {
    if (type !== undefined && type !== "array") return [`${path} is a list, not ${type}`];
    return value.flatMap((element, at) => misfits(spec, items ?? {}, element, `${path}[${at}]`));
  }
  if (typeof value === "object" && value !== null) {
    if (type !== undefined && type !== "object") return [`${path} is an object, not ${type}`];
    const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`);
    const known = Object.keys(properties).length > 0;
    return Object.entries(value).reduce((found, [name, member]) => {
      const inner = properties[name];
      if (!inner) return known ? [...found, `${path}.${name} is not in the specification`] : found;
      return [...found, ...misfits(spec, inner, member, `${path}.${name}`)];
    }, missing);
  }
  if (value === null && schema.nullable === true) return [];
  const kind = value === null ? "null" : typeof value;
  const wanted = type === "integer" ? "number" : type;
  return wanted === undefined || wanted === kind ? [] : [`${path} is ${kind}, not ${wanted}`];
}

function flatten(
  spec: Spec,
  schema: Schema,
): Required<Pick<Schema, "properties" | "required">> & Pick<Schema, "items" | "type"> {
  const { $ref } = schema;
  if ($ref !== undefined) return flatten(spec, spec.components?.schemas[$ref.split("/").at(-1) ?? ""] ?? {});
  const parts = (schema.allOf ?? []).map((part) => flatten(spec, part));
  const type = schema.type ?? parts.find((part) => part.type !== undefined)?.type;
  return {
    properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
    required: [...parts.flatMap((part) => part.required), ...(schema.required ?? [])],
    ...(schema.items === undefined ? {} : { items: schema.items }),
    ...(type === undefined ? {} : { type }),
  };
}

function exampleOf(spec: Spec, path: string): unknown {
  const schema = spec.paths[path]?.["post"]?.requestBody?.content["application/json"].schema as { example?: unknown };
  return schema.example;
}

/** Members that the snapshots lack and the vendors document elsewhere. */
const documentedElsewhere = new Set([
  // Needed to update a split order (facts: shipstation 2.1); the list of the snapshot's defects names it.
  "POST /orders/createorder.orderId is not in the specification",
  // Sent by the vendor's own examples of every action (facts: acumatica 2.4, 4.4).
  "POST /Shipment/ConfirmShipment.parameters is not in the specification",
]);

describeRecorded("what a journey sends", "specs/acumatica-default-24.200.001.subset.openapi.json", () => {
  test("fits both vendors' specifications, member by member", async () => {
    const acumatica = readRecorded("specs/acumatica-default-24.200.001.subset.openapi.json") as Spec;
    const shipstation = readRecorded("specs/shipstation-v1.openapi.json") as Spec;
    const sent = await journeyBodies();
    const checked = { acumatica: 0, shipstation: 0 };
    const problems: string[] = [];
    for (const { method, path, body } of sent) {
      if (/\/auth\/|\/_sandbox/.test(path)) continue;
      const [, entity] = /\/entity\/Default\/24\.200\.001(\/.*)$/.exec(path) ?? [];
      const [spec, place] = entity === undefined ? [shipstation, path] : [acumatica, entity];
      const schema = spec.paths[place]?.[method.toLowerCase()]?.requestBody?.content["application/json"].schema;
      if (!schema) problems.push(`${method} ${path} takes no body in the specification`);
      else problems.push(...misfits(spec, schema, body, `${method} ${place}`));
      checked[entity === undefined ? "shipstation" : "acumatica"] += 1;
    }
    // ShipStation's list of required item members is broken by the specification's own example: only that list is passed over.
    const ownExample = exampleOf(shipstation, "/orders/createorder");
    const ownSchema =
      shipstation.paths["/orders/createorder"]!["post"]!.requestBody!.content["application/json"].schema;
    const brokenByItself = misfits(shipstation, ownSchema, ownExample).filter((problem) =>
      problem.endsWith("is missing"),
    );
    expect(brokenByItself).not.toEqual([]);
    const isItemMember = /items\[\d+\]\.\w+ is missing$/;
    const unexplained = problems.filter((problem) => !isItemMember.test(problem) && !documentedElsewhere.has(problem));
    expect([...new Set(unexplained)]).toEqual([]);
    expect(checked.acumatica).toBeGreaterThanOrEqual(10);
    expect(checked.shipstation).toBeGreaterThanOrEqual(4);
  });
});
