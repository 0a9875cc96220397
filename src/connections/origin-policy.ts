import { lookup } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { ConnectorError } from "../lib/errors.ts";
import { isPublicAddress } from "./public-addresses.ts";

/** Every address of a host name. Rejects with the system's error (`ENOTFOUND`). */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true, order: "verbatim" });

/** ShipStation's own hosts: the documented one and its numbered siblings (failures T1). */
const shipStationHosts = {
  v1: { pattern: /^ssapi\d{0,3}\.shipstation\.com$/, origin: "https://ssapi.shipstation.com" },
  v2: { pattern: /^api\.shipstation\.com$/, origin: "https://api.shipstation.com" },
};

const isAllowed = (url: URL, allowedOrigins: readonly string[]): boolean => allowedOrigins.includes(url.origin);

/**
 * Why a connection may not use this address as it is written, in words for the operator; undefined when it may. Looks at the text
 * alone: what the name resolves to is checked at every connect. Origins that the operator allows are exempt (failures T2).
 */
export function faultOfAddress(text: string, allowedOrigins: readonly string[]): string | undefined {
  const url = URL.parse(text);
  // The parser repairs blanks, tabs and backslashes, and then a person reads another address than the program.
  if (url === null || !/^https?:\/\/[\x21-\x7e]+$/i.test(text) || text.includes("\\"))
    return "Enter a whole address such as https://erp.example.com/Company.";
  if (url.username !== "" || url.password !== "" || text.includes("@"))
    return "Leave the user name out of the address.";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) return "Leave out everything from the ? or # on.";
  if (isAllowed(url, allowedOrigins)) return undefined;
  const allow = `or have the operator add ${url.origin} to ML_ALLOWED_ORIGINS`;
  if (url.protocol !== "https:") return `Use https, ${allow}.`;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) return `Use the host's name, not its IP address, ${allow}.`;
  if (url.port !== "") return `Use the default port, ${allow}.`;
  if (!host.includes(".") || host.endsWith(".")) return `Use the full public name of the host, ${allow}.`;
  return undefined;
}

/** As above, for ShipStation: besides what the operator allows, only ShipStation's own hosts are ShipStation. */
export function faultOfShipStationOrigin(
  text: string,
  allowedOrigins: readonly string[],
  api: keyof typeof shipStationHosts = "v1",
): string | undefined {
  const fault = faultOfAddress(text, allowedOrigins);
  if (fault !== undefined) return fault;
  const url = new URL(text);
  if (url.pathname !== "/") return "Enter the origin alone, without a path.";
  const { pattern, origin } = shipStationHosts[api];
  if (isAllowed(url, allowedOrigins) || pattern.test(url.hostname)) return undefined;
  return `Use ${origin}, or have the operator add ${url.origin} to ML_ALLOWED_ORIGINS.`;
}

/**
 * The addresses to connect to, every one of them checked; a single private one refuses the host, because a name that answers both
 * is a trick. Throws ConnectorError `network.origin-refused`, or `network.unreachable` when the name does not resolve.
 */
export async function resolveChecked(
  url: URL,
  allowedOrigins: readonly string[],
  resolve: Resolve = systemResolve,
): Promise<readonly LookupAddress[]> {
  const fault = faultOfAddress(url.origin, allowedOrigins);
  if (fault !== undefined) throw refused(url, fault);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  const addresses = family === 0 ? await resolved(host, resolve) : [{ address: host, family }];
  if (!isAllowed(url, allowedOrigins) && !addresses.every(({ address }) => isPublicAddress(address))) {
    // Which address it was is not told: a set-up form must not map somebody's network.
    throw refused(url, `The name leads to an address that is not public. ${allowedHint(url)}`);
  }
  return addresses;
}

async function resolved(host: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return addresses;
  } catch (cause) {
    throw unresolved(host, cause);
  }
  throw unresolved(host, undefined);
}

const unresolved = (host: string, cause: unknown): ConnectorError =>
  new ConnectorError("network.unreachable", { message: `The host name ${host} does not resolve.`, cause });

const allowedHint = (url: URL): string => `If it is meant, add ${url.origin} to ML_ALLOWED_ORIGINS.`;

export const refused = (url: URL, why: string): ConnectorError =>
  new ConnectorError("network.origin-refused", { message: `The address ${url.origin} is not allowed. ${why}` });
