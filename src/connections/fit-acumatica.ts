import type { AcumaticaClient, EndpointDescription, EndpointOffer } from "../acumatica/client.types.ts";
import { asConnectorError, type ConnectorError } from "../lib/errors.ts";
import { landmarkTitle, type Company } from "./company.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { Clock } from "../lib/clock.ts";
import { clockStage, limitsStage } from "./fit-clock.ts";
import { counted, failed, failedBy, ok, once, some, warning, type Finding, type Stage } from "./fit-stages.ts";
import type { FitWatch } from "./fit-watch.ts";
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

export interface AcumaticaPorts extends AddressPorts {
  clock: Clock;
  watch: FitWatch;
  /** The company as it is recognised, once the client has signed in; undefined where the clients look at none. */
  company?: (() => Promise<Company | undefined>) | undefined;
}

export function acumaticaStages(connection: Connection, acumatica: AcumaticaClient, ports: AcumaticaPorts): Stage[] {
  const { acumatica: address } = connection.settings;
  const rights = once(() => acumatica.checkRights());
  /** The one sign-in. The company is looked at in it, and a wrong one ends it. */
  const signedIn = once(() =>
    acumatica.signIn().then(
      () => undefined,
      (thrown: unknown) => asConnectorError(thrown),
    ),
  );
  const startedAt = ports.clock.now();
  const endpoint = `${address.endpointName} ${address.endpointVersion}`;
  return [
    {
      id: "acumatica-address",
      title: "Acumatica: address",
      tried: `The name in ${address.instanceUrl} was looked up, and its addresses held against what may be called.`,
      needs: [],
      look: () => lookUp(address.instanceUrl, ports),
    },
    {
      id: "acumatica-tls",
      title: "Acumatica: secure connection",
      tried: `The list of endpoints was asked for at ${address.instanceUrl}, without signing in.`,
      needs: ["acumatica-address"],
      look: () => reach(acumatica, address.instanceUrl),
    },
    {
      id: "acumatica-sign-in",
      title: "Acumatica: sign-in",
      tried: `One sign-in to the tenant ${address.tenant}; never a second one.`,
      needs: ["acumatica-tls"],
      look: async () => judgeSignIn(await signedIn(), connection),
    },
    {
      id: "acumatica-company",
      title: "Acumatica: company",
      tried: "A record of the company by which it is recognised was looked for, right after the sign-in.",
      needs: ["acumatica-sign-in"],
      look: async () => judgeCompany(await signedIn(), await ports.company?.(), connection.id),
    },
    {
      id: "acumatica-endpoint",
      title: "Acumatica: endpoint and version",
      tried: `${endpoint} was looked for among the endpoints on offer, and read from.`,
      needs: ["acumatica-company"],
      look: () => findEndpoint(acumatica, connection, rights),
    },
    {
      id: "acumatica-fields",
      title: "Acumatica: fields of the endpoint",
      tried: `What ${endpoint} says of itself (swagger.json) was held against what the connector uses.`,
      needs: ["acumatica-endpoint"],
      look: async () => judgeFields(await acumatica.describeEndpoint()),
    },
    {
      id: "acumatica-rights",
      title: "Acumatica: rights of the user",
      tried: "One record of each kind that is needed was read.",
      needs: ["acumatica-endpoint"],
      look: async () => judgeRights(await rights()),
    },
    limitsStage(ports.clock, ports.watch, () => startedAt),
    clockStage("acumatica", "acumatica-tls", ports.watch),
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
      { details: [error.message] },
    );
  }
}

/** One try. Acumatica locks an account after some wrong passwords. */
function judgeSignIn(error: ConnectorError | undefined, { settings, username }: Connection): Finding {
  const { tenant, branch } = settings.acumatica;
  const who = username ?? "the person who gave consent";
  const where = branch === undefined ? `tenant ${tenant}` : `tenant ${tenant}, branch ${branch}`;
  if (!error || error.code === "acumatica.wrong-company") return ok(`Signed in as ${who} (${where}).`);
  switch (error.code) {
    case "acumatica.credentials":
      return failed(
        `Acumatica refused the user name or password of ${who}.`,
        "Enter the right password. Tried once only, because Acumatica locks accounts.",
        { details: [error.message] },
      );
    case "acumatica.tenant":
      return failed(`Acumatica does not know the tenant ${tenant}.`, error.cure, {
        details: [error.message],
      });
    case "acumatica.session-limit":
      return failed(error.message, error.cure, {
        meaning:
          "The connector needs one session of the licence; as long as others hold them all, nothing can be read or written.",
      });
    default:
      return failedBy(error);
  }
}

/** Acumatica does not say where it signed in to, and a site with one tenant takes any name (facts: acumatica 1.2). */
function judgeCompany(error: ConnectorError | undefined, company: Company | undefined, connectionId: string): Finding {
  const meaning =
    "Acumatica does not say which company a sign-in leads to: writing into the wrong one must be impossible.";
  const command = `connection confirm-company ${connectionId} --company ${company?.landmark.id ?? ""}`;
  if (error) return failed(error.message, error.cure, { meaning });
  if (!company) {
    return ok("The company has no stock item and no customer to be recognised by yet.", { meaning });
  }
  const title = landmarkTitle(company.landmark);
  if (company.confirmedAt) {
    return ok(`It is the company that was confirmed on ${dayOf(company.confirmedAt)}: it has ${title}.`, { meaning });
  }
  return warning(
    `It has ${title}, as on ${dayOf(company.seenAt)}; nobody has confirmed yet that this is the right company.`,
    `Look for that record in your company, and confirm it in the console or with \`${command}\`.`,
    { meaning },
  );
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

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
    return failed(`This Acumatica has no endpoint ${name} ${version}.`, cureOf(endpoints, name), {
      details: endpoints.map(titleOf),
      meaning: "Every address of the connector's calls holds the endpoint: nothing can be read.",
    });
  }
  if (same(name, "Default") && version < comfortable) {
    return warning(
      `The endpoint ${name} ${version} is there, but it is old: some fields are missing.`,
      `Choose ${comfortable} or later, if the site offers it.`,
      { details: endpoints.map(titleOf) },
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

function judgeFields({ source, unread, missing }: EndpointDescription): Finding {
  const details = missing.map(
    ({ entity, member, needed, lost }) =>
      `${entity}${member === undefined ? "" : `.${member}`} is missing: ${needed ? "needed, " : ""}${lost}`,
  );
  const needed = missing.filter((each) => each.needed);
  const how =
    source === "swagger"
      ? "The endpoint says itself what it has"
      : `The endpoint did not say what it has${unread ? ` (${unread.message})` : ""}; our table of versions answers`;
  if (needed.length > 0) {
    const names = needed.map(({ entity, member }) => (member === undefined ? entity : `${entity}.${member}`));
    return failed(
      `The endpoint lacks ${some(names)}.`,
      "Add them to the endpoint on the Web Service Endpoints form (SM207060), or choose a newer version.",
      { details, meaning: "Without them orders or shipments cannot be read or written rightly." },
    );
  }
  if (missing.length > 0) {
    return warning(
      `${how}: it has all that is needed, and lacks ${counted(missing.length, "member")} that would be used.`,
      "Choose a newer version of the endpoint, or add the members (form SM207060), if what is lost matters.",
      { details },
    );
  }
  return ok(`${how}: it has everything that the connector uses.`);
}

function judgeRights(rights: Awaited<ReturnType<AcumaticaClient["checkRights"]>>): Finding {
  const nameOf = (entity: string): string => (forms[entity] ? `${entity} (${forms[entity][0]})` : entity);
  const details = rights.map(({ entity, error }) => `${nameOf(entity)}: ${error ? error.message : "readable"}`);
  const bad = rights.filter(({ error }) => error !== undefined);
  const [first] = bad;
  if (!first?.error) {
    return ok(`The user may read everything that is needed (${rights.map(({ entity }) => entity).join(", ")}).`, {
      details,
      meaning: "Nothing was written: the right to make and confirm shipments shows with the first one.",
    });
  }
  const text = `The user cannot read ${bad.map(({ entity }) => nameOf(entity)).join(", ")}.`;
  const cure =
    first.error.code === "acumatica.rights" ? "Give the user's role the rights to these forms." : first.error.cure;
  const isNeeded = bad.some(({ entity }) => forms[entity]?.[1] ?? true);
  return isNeeded ? failed(text, cure, { details }) : warning(text, cure, { details });
}
