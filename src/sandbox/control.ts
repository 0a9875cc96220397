import { Hono } from "hono";
import { z } from "zod";
import type { MovableClock } from "../lib/clock.ts";
import type { Fetch } from "../lib/http.ts";
import type { AcumaticaSandbox } from "./acumatica/acumatica-sandbox.ts";
import type { NewOrderInput, OrderChange } from "./acumatica/order-desk.ts";
import type { Verdict } from "./check.ts";
import { addPeopleRoutes } from "./control-people.ts";
import { changeSettings, settingsChange, shownSettings } from "./control-settings.ts";
import { viewLabels, viewOrder, viewSalesOrder } from "./control-views.ts";
import type { Faults } from "./faults.ts";
import type { ShipStationSandbox } from "./shipstation/shipstation-sandbox.ts";

/** What the control routes work on. */
export interface Controlled {
  acumatica: AcumaticaSandbox;
  shipstation: ShipStationSandbox;
  faults: Faults;
  clock: MovableClock;
  check: () => Verdict;
  stats: () => object;
}

/**
 * The routes under `/_sandbox`, answered on both ports: what people do in the two systems, time, settings, faults, and what the
 * tables hold. JSON in and out; 400 names what is wrong with the request, 409 says what the system's screen would say.
 */
export function createControl(sandbox: Controlled): Fetch {
  const routes = new Hono();
  addErpRoutes(routes, sandbox);
  addErpPeopleRoutes(routes, sandbox);
  addPeopleRoutes(routes, sandbox.shipstation);
  addStateRoutes(routes, sandbox);
  const app = new Hono().route("/_sandbox", routes);
  const offered = app.routes.map(({ method, path }) => `${method} ${path}`);
  app.get("/_sandbox", (context) => context.json({ routes: offered }));
  app.notFound((context) => context.json({ error: "There is no such control route; GET /_sandbox lists them." }, 404));
  app.onError((thrown, context) => {
    if (thrown instanceof z.ZodError) return context.json({ error: z.prettifyError(thrown) }, 400);
    if (thrown instanceof SyntaxError) return context.json({ error: `The body is not JSON: ${thrown.message}` }, 400);
    return context.json({ error: thrown.message }, 409);
  });
  return async (request) => app.fetch(request);
}

/** The ERP checks what it is given by itself; here only the outer shape is read. */
const newOrders = z.strictObject({
  count: z.int().min(1).max(100_000).optional(),
  order: z.record(z.string(), z.unknown()).optional(),
});

function addErpRoutes(app: Hono, { acumatica }: Controlled): void {
  const view = (order: Parameters<typeof viewSalesOrder>[0]): object =>
    viewSalesOrder(order, acumatica.tables.shipments);
  app.get("/orders", (context) => context.json({ orders: acumatica.tables.salesOrders.map(view) }));
  app.post("/orders", async (context) => {
    const { count = 1, order } = newOrders.parse(await context.req.json());
    const made = Array.from({ length: count }, () => acumatica.createOrder(order as NewOrderInput | undefined));
    return context.json({ orders: made.map(view) }, 201);
  });
  app.patch("/orders/:type/:nbr", async (context) => {
    const change = z.record(z.string(), z.unknown()).parse(await context.req.json()) as OrderChange;
    return context.json(view(acumatica.editOrder(context.req.param("type"), context.req.param("nbr"), change)));
  });
}

const pushDefinition = z.strictObject({
  query: z.string().min(1),
  watches: z.enum(["SalesOrder", "StockItem"]),
  url: z.url(),
  header: z.strictObject({ name: z.string().min(1), value: z.string() }),
});

/** What people do in the ERP beside entering orders. */
function addErpPeopleRoutes(app: Hono, { acumatica }: Controlled): void {
  const shipmentVerbs = {
    confirm: acumatica.confirmShipment,
    correct: acumatica.correctShipment,
    invoice: acumatica.invoiceShipment,
    delete: acumatica.deleteShipment,
  };
  app.post("/shipments/:nbr/:verb", (context) => {
    const verb = z.enum(["confirm", "correct", "invoice", "delete"]).parse(context.req.param("verb"));
    shipmentVerbs[verb](context.req.param("nbr"));
    return context.json({ done: `${verb} ${context.req.param("nbr")}` });
  });
  const members = z.record(z.string(), z.unknown());
  app.patch("/items/:id", async (context) =>
    context.json(acumatica.editStockItem(context.req.param("id"), members.parse(await context.req.json()))),
  );
  app.patch("/customers/:id", async (context) =>
    context.json(acumatica.editCustomer(context.req.param("id"), members.parse(await context.req.json()))),
  );
  app.get("/pushes", (context) =>
    context.json({
      notifications: acumatica.pushes.notifications,
      failed: acumatica.pushes.failed().map(({ id }) => id),
    }),
  );
  app.post("/pushes", async (context) => {
    const definition = pushDefinition.parse(await context.req.json());
    acumatica.pushes.add(definition);
    return context.json({ done: `Changes of "${definition.query}" are sent to ${definition.url}.` }, 201);
  });
  app.post("/pushes/:id/resend", (context) => {
    acumatica.pushes.resend(context.req.param("id"));
    return context.json({ done: "sent again" });
  });
  app.post("/restart", (context) => {
    acumatica.restart();
    return context.json({ done: "Acumatica restarted: all sessions have ended." });
  });
}

function addStateRoutes(app: Hono, sandbox: Controlled): void {
  const { acumatica, shipstation, faults, clock } = sandbox;
  app.get("/shipstation/orders", (context) => {
    shipstation.settle();
    return context.json({ orders: [...shipstation.tables.orders.values()].map(viewOrder) });
  });
  app.get("/shipstation/labels", (context) => context.json({ labels: viewLabels(shipstation.tables) }));
  app.get("/shipstation/hooks", (context) =>
    context.json({ webhooks: [...shipstation.tables.webhooks.values()], deliveries: shipstation.hookDeliveries }),
  );
  app.post("/time", async (context) => {
    const { advanceMs } = z.strictObject({ advanceMs: z.int().min(0) }).parse(await context.req.json());
    clock.advance(advanceMs);
    return context.json({ now: new Date(clock.now()).toISOString() });
  });
  app.get("/settings", (context) => context.json(shownSettings(shipstation.options, acumatica.options)));
  app.put("/settings", async (context) => {
    changeSettings(settingsChange.parse(await context.req.json()), shipstation.options, acumatica.options);
    return context.json(shownSettings(shipstation.options, acumatica.options));
  });
  app.get("/faults", (context) => context.json({ rules: faults.list() }));
  app.put("/faults", async (context) => {
    const file: unknown = await context.req.json();
    try {
      faults.set(file);
    } catch (thrown) {
      return context.json({ error: thrown instanceof Error ? thrown.message : String(thrown) }, 400);
    }
    return context.json({ rules: faults.list() });
  });
  app.delete("/faults", (context) => {
    faults.clear();
    return context.json({ rules: [] });
  });
  app.get("/stats", (context) => context.json(sandbox.stats()));
  app.get("/check", (context) => context.json(sandbox.check()));
  app.get("/journal", (context) => {
    const limit = z.coerce.number().int().min(1).default(200).parse(context.req.query("limit"));
    return context.json({
      acumatica: acumatica.journal.slice(-limit),
      shipstation: shipstation.journal.slice(-limit),
      hooks: shipstation.hookDeliveries.slice(-limit),
    });
  });
}
