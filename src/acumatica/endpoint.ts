import { z } from "zod";
import type { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { AcumaticaAddress, EndpointDescription, SiteMemory } from "./client.types.ts";
import {
  contractOf,
  describe,
  isNoSwagger,
  lackingOf,
  membersBySwagger,
  membersByTable,
  refuseIncomplete,
  swagger,
  type KnownMembers,
} from "./description.ts";
import { fieldPaths, newestContract, oldestContract, type FieldPath } from "./fields.ts";
import { answered, parseAnswer } from "./reads.ts";
import type { Call, Site } from "./requests.ts";
import type { Send } from "./send.ts";

/** Whether the endpoint has a member of our table. */
export type Has = (path: FieldPath, member: string) => boolean;

export interface Endpoint {
  /** Reads the swagger now, whatever is remembered. */
  describe(): Promise<EndpointDescription>;
  /** What may be sent and asked for. Throws `acumatica.endpoint-incomplete` when these entities lack what is needed. */
  membersFor(entities: readonly string[]): Promise<Has>;
}

const topic = "members";
const remembered = z.object({
  members: z.partialRecord(z.enum(fieldPaths), z.array(z.string())),
  actions: z.array(z.string()),
  source: z.enum(["swagger", "table"]),
});

type Known = KnownMembers & { source: EndpointDescription["source"]; unread?: ConnectorError };

/**
 * What the endpoint has, learned once in a client's life at most, and then only where our own table does not tell: what a Default
 * endpoint holds is fixed by its version, what one of the customer's own holds only its swagger says (facts: acumatica 1.1, 1.5).
 */
export function createEndpoint(ports: {
  send: Send;
  site: Site;
  address: AcumaticaAddress;
  memory: SiteMemory;
  log: Log;
}): Endpoint {
  const { send, site, address, memory, log } = ports;
  const contract = contractOf(address);
  const isInTable = contract !== undefined && contract >= oldestContract && contract <= newestContract;
  let known: Known | undefined = isInTable ? { ...membersByTable(address), source: "table" } : undefined;

  async function read(): Promise<Known> {
    const call: Call = {
      method: "GET",
      url: site.swagger,
      subject: `the description of ${site.endpoint}`,
      place: "entity",
      isDescription: true,
    };
    try {
      const members = membersBySwagger(parseAnswer(answered(await send(call), call), swagger, call));
      return { ...members, source: "swagger" };
    } catch (thrown) {
      if (!isNoSwagger(thrown)) throw thrown;
      log.warn({ endpoint: site.endpoint, said: thrown.message }, "the endpoint's description cannot be read");
      return { ...membersByTable(address), source: "table", unread: thrown };
    }
  }

  async function learn(): Promise<Known> {
    const learned = await read();
    // What could not be read is asked for again by the next client.
    if (learned.source === "swagger") await memory.keep(topic, learned);
    return learned;
  }

  async function recalled(): Promise<Known | undefined> {
    const fact = remembered.safeParse(await memory.recall(topic));
    return fact.success ? fact.data : undefined;
  }

  const isComplete = (before: Known, entities: readonly string[]): boolean =>
    lackingOf(describe(before, before.source), entities).length === 0;

  return {
    describe: async () => {
      known = await learn();
      return describe(known, known.source, known.unread);
    },
    membersFor: async (entities) => {
      if (!known) {
        const before = await recalled();
        // Somebody may have mended the endpoint since: it is not refused on an old answer.
        known = before && isComplete(before, entities) ? before : await learn();
      }
      const { members } = known;
      refuseIncomplete(describe(known, known.source), entities, site.endpoint);
      return (path, member) => members[path]?.includes(member) === true;
    },
  };
}
