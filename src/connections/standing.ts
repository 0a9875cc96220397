import type { Landmark } from "../acumatica/company.ts";
import { noticesOf, type Notice } from "../ledger/notices.ts";
import type { Db } from "../ledger/schema.ts";
import { authorisationOf, type Authorisation } from "./authorisation.ts";
import { landmarkTitle } from "./company.ts";
import type { Connection } from "./connection.ts";

/** How a connection stands with its Acumatica, besides whether it runs. */
export interface Standing {
  /** Undefined where no tokens are used. */
  authorisation: Authorisation | undefined;
  /** Undefined before the first sign-in. */
  company: { id: string; title: string; seenAt: Date; confirmedAt: Date | undefined } | undefined;
  /** What somebody should see to before it stops the connection. */
  notices: Notice[];
}

/** For all connections in two questions. */
export async function standingsOf(
  db: Db,
  connections: readonly Connection[],
  nowMs: number,
): Promise<(connection: Connection) => Standing> {
  const ids = connections.map(({ id }) => id);
  if (ids.length === 0) return (connection) => standing(connection, undefined, undefined, []);
  const [authorisations, companies, raised] = await Promise.all([
    db.selectFrom("authorisations").selectAll().where("connection_id", "in", ids).execute(),
    db.selectFrom("companies").selectAll().where("connection_id", "in", ids).execute(),
    noticesOf(db, ids),
  ]);
  return (connection) => {
    const row = authorisations.find((each) => each.connection_id === connection.id);
    const usesTokens = connection.settings.signIn.kind !== "password";
    const company = companies.find((each) => each.connection_id === connection.id);
    return standing(
      connection,
      usesTokens ? authorisationOf(connection, row, nowMs) : undefined,
      company && {
        id: (company.landmark as Landmark).id,
        title: landmarkTitle(company.landmark as Landmark),
        seenAt: company.seen_at,
        confirmedAt: company.confirmed_at ?? undefined,
      },
      raised.get(connection.id) ?? [],
    );
  };
}

function standing(
  connection: Connection,
  authorisation: Authorisation | undefined,
  company: Standing["company"],
  raised: readonly Notice[],
): Standing {
  const code = "acumatica.authorise-again";
  // What has stopped the connection is told with it.
  const isTold = connection.stop?.code === code;
  const text = authorisation && connection.settings.signIn.kind === "oauth-code" ? noticeOf(authorisation) : undefined;
  return {
    authorisation,
    company,
    notices: [...(text === undefined || isTold ? [] : [{ code, text } as const]), ...raised],
  };
}

function noticeOf({ state, endsAt }: Authorisation): string | undefined {
  switch (state) {
    case "valid":
      return undefined;
    case "none":
      return "Nobody has authorised this connection in Acumatica yet.";
    case "ended":
      return "The consent in Acumatica has ended.";
    case "ends-soon":
      return `The consent in Acumatica ends on ${endsAt?.toISOString().slice(0, 10) ?? "an unknown day"}; after that nothing is read or written.`;
  }
}
