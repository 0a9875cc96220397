import { describe, expect, test } from "vitest";
import { createSite } from "./requests.ts";

const siteAt = (instanceUrl: string) =>
  createSite({ instanceUrl, tenant: "Main", endpointName: "Default", endpointVersion: "24.200.001" });

describe("addresses", () => {
  test.for([
    {
      instance: "https://erp.example",
      url: "https://erp.example/entity/Default/24.200.001/SalesOrder/SO/1?$expand=Details",
    },
    {
      instance: "https://erp.example/23R2/",
      url: "https://erp.example/23R2/entity/Default/24.200.001/SalesOrder/SO/1?$expand=Details",
    },
  ])("the instance $instance keeps its virtual directory", ({ instance, url }) => {
    expect(siteAt(instance).entity("SalesOrder", "SO/1", { expand: ["Details"] }).href).toBe(url);
  });

  test("sign-in and the list of endpoints lie under the instance", () => {
    const site = siteAt("https://erp.example/23R2");
    expect(site.signIn.pathname).toBe("/23R2/entity/auth/login");
    expect(site.signOut.pathname).toBe("/23R2/entity/auth/logout");
    expect(site.endpoints.pathname).toBe("/23R2/entity");
  });

  test.for([
    {
      location: "/23R2/entity/Default/6/Shipment/ConfirmShipment/status/1",
      found: "https://erp.example/23R2/entity/Default/6/Shipment/ConfirmShipment/status/1",
    },
    { location: "https://erp.example/x/status/1", found: "https://erp.example/x/status/1" },
    { location: "https://elsewhere.example/x/status/1", found: undefined },
    { location: "http://erp.example/x/status/1", found: undefined },
    { location: "//elsewhere.example/x", found: undefined },
    { location: "http://", found: undefined },
  ])("the Location $location leads to $found", ({ location, found }) => {
    expect(siteAt("https://erp.example/23R2").locate(location)?.href).toBe(found);
  });
});
