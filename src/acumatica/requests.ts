import type { WriteAhead } from "../lib/http.ts";
import type { AcumaticaAddress } from "./client.types.ts";
import { queryString, type Query } from "./odata.ts";

/**
 * How long one exchange may take in all, and how large an answer may be. The ERP may hold a request for ten minutes before
 * it declines it, and leaving a write earlier only creates doubt (facts: acumatica 1.4).
 */
export const limits = {
  readMs: 300_000,
  readFirstByteMs: 120_000,
  writeMs: 660_000,
  writeFirstByteMs: 600_000,
  signInMs: 60_000,
  signOutMs: 20_000,
  maxBytes: 10 * 1024 * 1024,
  /** The swagger of a large endpoint of the customer's own. */
  swaggerBytes: 64 * 1024 * 1024,
};

/** One call to Acumatica, before cookies. */
export interface Call {
  method: "GET" | "PUT" | "POST";
  url: URL;
  /** Sent as JSON. */
  body?: object;
  ahead?: WriteAhead | undefined;
  headers?: Record<string, string>;
  /** What is asked for, in words for messages: `SalesOrder in Default/24.200.001`. */
  subject: string;
  /** `site` needs no sign-in; `status` must be asked in the session that is open, never in a new one. */
  place: "entity" | "site" | "status";
  /** A large answer that is no record of anything: it may be larger than others and is not archived. */
  isDescription?: boolean;
  /** "No entity satisfies the condition" is then an answer, not an error. */
  mayBeMissing?: boolean;
}

/** The addresses of one instance and endpoint. The instance URL may hold a virtual directory (facts: acumatica 1.1). */
export interface Site {
  readonly signIn: URL;
  readonly signOut: URL;
  readonly endpoints: URL;
  readonly swagger: URL;
  entity(entity: string, path?: string, query?: Query): URL;
  /** A `Location`, joined to the origin alone; undefined when it points to another origin or is no address. */
  locate(location: string): URL | undefined;
  /** The endpoint's name and version, for messages. */
  readonly endpoint: string;
}

export function createSite(address: AcumaticaAddress): Site {
  const instance = address.instanceUrl.replace(/\/+$/, "");
  const { origin } = new URL(instance);
  const endpointPath = `${encodeURIComponent(address.endpointName)}/${encodeURIComponent(address.endpointVersion)}`;
  return {
    signIn: new URL(`${instance}/entity/auth/login`),
    signOut: new URL(`${instance}/entity/auth/logout`),
    endpoints: new URL(`${instance}/entity`),
    swagger: new URL(`${instance}/entity/${endpointPath}/swagger.json`),
    entity: (entity, path, query = {}) =>
      new URL(`${instance}/entity/${endpointPath}/${entity}${path ? `/${path}` : ""}${queryString(query)}`),
    locate: (location) => {
      // Acumatica's Locations start at the root and hold the virtual directory: joining them to the instance would double it.
      if (!URL.canParse(location, origin)) return undefined;
      const url = new URL(location, origin);
      return url.origin === origin ? url : undefined;
    },
    endpoint: `${address.endpointName}/${address.endpointVersion}`,
  };
}
