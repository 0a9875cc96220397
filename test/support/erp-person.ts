import type { SalesOrderRow } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import type { World } from "./world.ts";

const site = "http://127.0.0.1:4501/entity";
const wrapped = (value: unknown) => ({ value });

/** A person at the Shipments form: an open shipment of the whole order, without a package. Signed out afterwards. */
export async function makeShipmentByHand(
  here: Pick<World, "sandbox">,
  order: SalesOrderRow,
  fields: Record<string, unknown> = {},
) {
  const { acumatica } = here.sandbox;
  const login = await acumatica.fetch(
    new Request(`${site}/auth/login`, {
      method: "POST",
      body: JSON.stringify({ name: "connector", password: "sandbox-only", tenant: "Brand" }),
    }),
  );
  const cookie = login.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  await acumatica.fetch(
    new Request(`${site}/Default/24.200.001/Shipment`, {
      method: "PUT",
      headers: { cookie },
      body: JSON.stringify({
        CustomerID: wrapped(order.CustomerID),
        WarehouseID: wrapped(order.Details[0]?.WarehouseID),
        ShipmentDate: wrapped("2020-01-01"),
        Hold: wrapped(false),
        Details: [{ OrderType: wrapped(order.OrderType), OrderNbr: wrapped(order.OrderNbr) }],
        ...fields,
      }),
    }),
  );
  await acumatica.fetch(new Request(`${site}/auth/logout`, { method: "POST", headers: { cookie } }));
  const shipment = acumatica.tables.shipments.at(-1);
  if (!shipment) throw new Error("no shipment was made");
  return shipment;
}
