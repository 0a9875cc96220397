import type { Config } from "../config/config.ts";
import {
  sandboxApiKey,
  sandboxApiSecret,
  sandboxErpPassword,
  sandboxErpTenant,
  sandboxErpUser,
} from "../sandbox/sandbox.ts";

/** Of the sandboxes; they open nothing anywhere else. */
export const demoCredentials = {
  username: sandboxErpUser,
  password: sandboxErpPassword,
  tenant: sandboxErpTenant,
  apiKey: sandboxApiKey,
  apiSecret: sandboxApiSecret,
};

/** Where the demo's two systems are; loopback, so they are named to the service as allowed origins. */
export interface DemoOrigins {
  acumatica: string;
  shipstation: string;
}

/** The service's configuration in the demo: everything in one throw-away folder. */
export function demoConfig(dataDir: string, port: number, origins: DemoOrigins): Config {
  const address = `http://127.0.0.1:${port}`;
  return {
    port,
    host: "127.0.0.1",
    publicUrl: address,
    dataDir,
    minFreeMb: 200,
    databaseUrl: undefined,
    masterKey: undefined,
    masterKeyFile: undefined,
    allowedOrigins: [origins.acumatica, origins.shipstation],
    logLevel: "warn",
    apiUrl: address,
    apiToken: undefined,
  };
}

/** The demo's connection, as the file a consultant would write. */
export function demoConnection(
  origins: DemoOrigins,
  credentials: {
    username: string;
    password: string;
    tenant: string;
    apiKey: string;
    apiSecret: string;
    /** With it, ShipStation's V2 is used as well. */
    v2ApiKey?: string;
  },
  webhooks: boolean,
): unknown {
  return {
    id: "demo",
    name: "Demo brand",
    acumatica: {
      instanceUrl: origins.acumatica,
      tenant: credentials.tenant,
      endpointName: "Default",
      endpointVersion: "24.200.001",
      username: credentials.username,
      password: credentials.password,
    },
    shipstation: {
      apiKey: credentials.apiKey,
      apiSecret: credentials.apiSecret,
      origin: origins.shipstation,
      ...(credentials.v2ApiKey === undefined
        ? {}
        : { v2: { apiKey: credentials.v2ApiKey, origin: origins.shipstation } }),
    },
    settings: {
      shipments: {
        box: "MEDIUM",
        defaultShipVia: "UPSGROUND",
        shipVia: [
          { carrier: "stamps_com", service: "usps_priority_mail", shipVia: "USPSPRIO" },
          { carrier: "stamps_com", service: "*", shipVia: "USPSGRD" },
          { carrier: "ups_walleted", service: "ups_2nd_day_air", shipVia: "UPS2DAY" },
          { carrier: "ups_walleted", service: "*", shipVia: "UPSGROUND" },
          { carrier: "fedex", service: "fedex_home_delivery", shipVia: "FEDEXHOME" },
          { carrier: "fedex", service: "*", shipVia: "FEDEXGRD" },
          { carrier: "dhl_express", service: "*", shipVia: "DHLEXP" },
        ],
      },
      flows: { orderPollSeconds: 10, labelPollSeconds: 30, doorbellGapSeconds: 1, settleSeconds: 5, webhooks },
    },
  };
}
