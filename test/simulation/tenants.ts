import type { Random } from "../../src/lib/random.ts";
import { sandboxApiKey, sandboxErpTenant, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Checked } from "./invariants.ts";
import { simulatedOrigins, type Call } from "./network.ts";
import type { SecondConnection } from "./consultant.ts";
import { createPeople, type People } from "./people.ts";

/** One customer of the service: a company in the ERP and an account at ShipStation, as one connection pairs them. */
export interface Tenant {
  connectionId: string;
  /** Its company's login name. */
  company: string;
  /** Where its ShipStation account is, and by which key it is reached. */
  origin: string;
  apiKey: string;
  /** Its company's tables and its account's. */
  sandbox: Sandbox;
  people: People;
  checked: Checked;
  /** Stands in every address of its orders, and nowhere else. */
  mark: string;
}

/** Only where there is a second one. */
export const firstMark = "ZBRAND7";
const secondMark = "ZOTHER7";

export const firstTenant = (sandbox: Sandbox, people: People, checked: Checked): Tenant => ({
  connectionId: "demo",
  company: sandboxErpTenant,
  origin: simulatedOrigins.shipstation,
  apiKey: sandboxApiKey,
  ...{ sandbox, people, checked, mark: firstMark },
});

export function secondTenant(
  { id, company, origin, account }: SecondConnection,
  sandbox: Sandbox,
  random: Random,
  checked: Checked,
): Tenant {
  const people = createPeople(sandbox, random, 0, secondMark);
  return { connectionId: id, company, origin, apiKey: account.key, sandbox, people, checked, mark: secondMark };
}

const keyIn = ({ headers }: Pick<Call, "headers">): string | undefined => {
  const basic = /^Basic (\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return basic === undefined ? undefined : Buffer.from(basic, "base64").toString().split(":")[0];
};

/** Whose ShipStation account a request is for: an address of its own tells, else the key. What shows none is for the first. */
export function accountOf(tenants: readonly Tenant[], call: Pick<Call, "origin" | "headers">): Tenant {
  const key = keyIn(call);
  const there = tenants.filter(({ origin }) => origin === call.origin);
  return there.find(({ apiKey }) => apiKey === key) ?? there[0] ?? tenants[0]!;
}

/** Whose a call is, by where it goes to: `company` is the one that its session or sign-in names. */
export function addresseeOf(tenants: readonly Tenant[], call: Call, company: string | undefined): Tenant {
  if (call.system === "shipstation") return accountOf(tenants, call);
  return tenants.find((tenant) => tenant.company === company) ?? tenants[0]!;
}

/** Before it leaves: nothing of one tenant goes to the other, by its text or by its key (I10). */
export function checkAddressee(tenants: readonly Tenant[], call: Call, to: Tenant): void {
  const key = call.system === "shipstation" ? keyIn(call) : undefined;
  if (key !== undefined && key !== to.apiKey)
    to.checked.fail("I10", `a key of another account is sent to ${to.origin}`);
  for (const other of tenants) {
    if (other !== to && call.body.includes(other.mark)) {
      to.checked.fail("I10", `what is ${other.connectionId}'s is sent to ${to.connectionId}: ${call.path}`);
    }
  }
}
