import type { AcumaticaClient, EndpointOffer } from "../acumatica/client.types.ts";
import { asConnectorError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import { failed, failedBy, ok, once, warning, type Finding, type Stage } from "./fit-stages.ts";
import { resolveChecked, type Resolve } from "./origin-policy.ts";
import type { Connection } from "./store.ts";

export interface AddressPorts {
  allowedOrigins: readonly string[];
  resolve?: Resolve;
}

/** The forms behind the entities, as an Acumatica admin looks for them; the flag says whether nothing works without it. */
const forms: Readonly<Record<string, readonly [form: string, isNeeded: boolean]>> = {
  SalesOrder: ["SO301000", true],
  Shipment: ["SO302000", true],
  StockItem: ["IN202500", true],
  Customer: ["AR303000", false],
  ShipVia: ["CS207500", false],
  ShippingBox: ["CS207600", false],
};

/** The oldest Default endpoint with all fields we like to have (facts: acumatica 1.5). */
const comfortable = "22.200.001";

export function acumaticaStages(connection: Connection, acumatica: AcumaticaClient, ports: AddressPorts): Stage[] {
  const { acumatica: address } = connection.settings;
  const rights = once(() => acumatica.checkRights());
  return [
    {
      id: "acumatica-address",
      title: "Acumatica: address",
      needs: [],
      look: () => lookUp(address.instanceUrl, ports),
    },
    {
      id: "acumatica-tls",
      title: "Acumatica: secure connection",
      needs: ["acumatica-address"],
      look: () => reach(acumatica, address.instanceUrl),
    },
    {
      id: "acumatica-sign-in",
      title: "Acumatica: sign-in",
      needs: ["acumatica-tls"],
      look: () => signIn(acumatica, connection),
    },
    {
      id: "acumatica-endpoint",
      title: "Acumatica: endpoint and version",
      needs: ["acumatica-sign-in"],
      look: () => findEndpoint(acumatica, connection, rights),
    },
    {
      id: "acumatica-rights",
      title: "Acumatica: rights of the user",
      needs: ["acumatica-endpoint"],
      look: async () => judgeRights(await rights()),
    },
  ];
}

/** Whether the name resolves, and to addresses that the policy allows. Also for ShipStation. */
export async function lookUp(address: string, ports: AddressPorts): Promise<Finding> {
  const url = new URL(address);
  await resolveChecked(url, ports.allowedOrigins, ports.resolve);
  const isOperators = ports.allowedOrigins.includes(url.origin);
  return ok(`The host ${url.hostname} is known${isOperators ? ", and the operator allows it" : " and public"}.`);
}

/** Answers that only a host without Acumatica at that path gives. */
const notAcumatica = new Set<ErrorCode>([
  "acumatica.endpoint-missing",
  "acumatica.unreadable",
  "acumatica.bad-request",
]);
/** Acumatica itself answered, if only to say that it wants a sign-in. */
const answeredAnyway = new Set<ErrorCode>(["acumatica.session-lost", "acumatica.rights", "acumatica.business-rule"]);

async function reach(acumatica: AcumaticaClient, instanceUrl: string): Promise<Finding> {
  const isSecure = instanceUrl.startsWith("https:");
  const how = isSecure ? "The certificate is valid" : "The address uses plain http, which the operator allows,";
  try {
    const { build } = await acumatica.listEndpoints();
    return ok(`${how} and Acumatica answers${build ? ` (build ${build})` : ""}.`);
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (answeredAnyway.has(error.code)) return ok(`${how} and the host answers.`);
    if (error.code === "network.unreachable") {
      return failed(
        `Nothing answers at ${new URL(instanceUrl).origin}: ${error.message}`,
        "Check the address and port, and that this machine may reach it.",
      );
    }
    if (!notAcumatica.has(error.code)) return failedBy(error);
    return failed(
      `A web server answers at ${instanceUrl}, but it is not an Acumatica site.`,
      "Enter the address as in the browser up to the site's name, such as https://erp.example.com/Company.",
      [error.message],
    );
  }
}

/** One try. Acumatica locks an account after some wrong passwords. */
async function signIn(acumatica: AcumaticaClient, { settings, username }: Connection): Promise<Finding> {
  const { tenant, branch } = settings.acumatica;
  try {
    await acumatica.signIn();
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (error.code === "acumatica.credentials") {
      return failed(
        `Acumatica refused the user name or password of ${username}.`,
        "Enter the right password. Tried once only, because Acumatica locks accounts.",
        [error.message],
      );
    }
    if (error.code === "acumatica.tenant") {
      return failed(`Acumatica does not know the tenant ${tenant}.`, error.cure, [error.message]);
    }
    return failedBy(error);
  }
  const where = branch === undefined ? `tenant ${tenant}` : `tenant ${tenant}, branch ${branch}`;
  return ok(`Signed in as ${username} (${where}).`, [
    "Acumatica does not say which tenant it signed in to, and a site with one tenant takes any name: look at the first orders.",
  ]);
}

async function findEndpoint(
  acumatica: AcumaticaClient,
  { settings }: Connection,
  rights: () => ReturnType<AcumaticaClient["checkRights"]>,
): Promise<Finding> {
  const { endpointName: name, endpointVersion: version } = settings.acumatica;
  const { endpoints } = await acumatica.listEndpoints();
  const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
  const isOffered = endpoints.some((offer) => same(offer.name, name) && same(offer.version, version));
  // Some sites list system endpoints only: whether this one answers settles it.
  if (!isOffered && !(await rights()).some(({ error }) => error === undefined)) {
    return failed(
      `This Acumatica has no endpoint ${name} ${version}.`,
      cureOf(endpoints, name),
      endpoints.map(titleOf),
    );
  }
  if (same(name, "Default") && version < comfortable) {
    return warning(
      `The endpoint ${name} ${version} is there, but it is old: some fields are missing.`,
      `Choose ${comfortable} or later, if the site offers it.`,
      endpoints.map(titleOf),
    );
  }
  return ok(`The endpoint ${name} ${version} is there.`);
}

const titleOf = ({ name, version }: EndpointOffer): string => `${name} ${version}`;

function cureOf(endpoints: readonly EndpointOffer[], name: string): string {
  const versions = endpoints
    .filter((offer) => offer.name.toLowerCase() === name.toLowerCase())
    .map((offer) => offer.version);
  if (versions.length > 0) return `Choose one of the versions of ${name} on offer: ${versions.join(", ")}.`;
  if (endpoints.length === 0) return "Look up the name and version on the Web Service Endpoints form (SM207060).";
  return `Choose one of the endpoints on offer: ${endpoints.map(titleOf).join(", ")}.`;
}

function judgeRights(rights: Awaited<ReturnType<AcumaticaClient["checkRights"]>>): Finding {
  const nameOf = (entity: string): string => (forms[entity] ? `${entity} (${forms[entity][0]})` : entity);
  const details = rights.map(({ entity, error }) => `${nameOf(entity)}: ${error ? error.message : "readable"}`);
  const bad = rights.filter(({ error }) => error !== undefined);
  const [first] = bad;
  if (!first?.error) {
    return ok(`The user may read everything that is needed (${rights.map(({ entity }) => entity).join(", ")}).`, [
      ...details,
      "Nothing was written: the right to make and confirm shipments shows with the first one.",
    ]);
  }
  const text = `The user cannot read ${bad.map(({ entity }) => nameOf(entity)).join(", ")}.`;
  const cure =
    first.error.code === "acumatica.rights" ? "Give the user's role the rights to these forms." : first.error.cure;
  const isNeeded = bad.some(({ entity }) => forms[entity]?.[1] ?? true);
  return isNeeded ? failed(text, cure, details) : warning(text, cure, details);
}
