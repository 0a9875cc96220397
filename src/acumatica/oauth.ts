import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { HttpAnswer } from "../lib/http.ts";
import { isHtml } from "./error-body.ts";
import { translate } from "./errors.ts";
import { limits } from "./requests.ts";
import { withDoubt } from "./session.ts";
import { createWire, type WirePorts } from "./wire.ts";

/** A connected application of the site (form SM303010). */
export interface Application {
  /** `GUID@Tenant`: the part after the `@` selects the tenant (facts: acumatica 1.3). */
  clientId: string;
  clientSecret: string;
}

/** What is given for tokens. */
export type Grant =
  | { kind: "code"; code: string; redirectUri: string }
  | { kind: "password"; username: string; password: string }
  | { kind: "refresh"; refreshToken: string };

export interface Tokens {
  accessToken: string;
  /** Takes the place of the one before, which works no more (facts: acumatica 1.3). */
  refreshToken: string | undefined;
  /** How long the access token lives from now on, in milliseconds. */
  livesMs: number;
}

/**
 * One session that survives a refresh and need not be signed out of. `api:concurrent_access` is never asked for: each of
 * its sessions would have to be closed (facts: acumatica 1.3).
 */
const scope = "api offline_access";

/** An hour, if the answer does not say (facts: acumatica 1.3). */
const usualLifeMs = 3_600_000;

/** Where a person gives consent, in the browser. Acumatica sends them back to `redirectUri` with a code and the state. */
export function authorizeUrl(
  instanceUrl: string,
  { clientId, redirectUri, state }: { clientId: string; redirectUri: string; state: string },
): URL {
  const url = new URL(`${instanceUrl}/identity/connect/authorize`);
  const query = { response_type: "code", client_id: clientId, redirect_uri: redirectUri, scope, state };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

export type RequestTokens = (application: Application, grant: Grant) => Promise<Tokens>;

/**
 * The site's token endpoint. Throws ConnectorError: `acumatica.credentials` when the user or the application is refused,
 * `acumatica.authorise-again` when a code or refresh token is not (any more) good, `acumatica.application`, `network.*`.
 */
export function createTokenEndpoint(instanceUrl: string, ports: WirePorts): RequestTokens {
  const wire = createWire(ports);
  const url = new URL(`${instanceUrl}/identity/connect/token`);
  return async (application, grant) => {
    try {
      const answer = await wire({
        method: "POST",
        url,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: formOf(application, grant).toString(),
        totalMs: limits.signInMs,
        secret: application.clientSecret,
      });
      if (answer.status !== 200 || isHtml(answer)) throw refusalOf(answer, grant);
      return tokensIn(answer);
    } catch (thrown) {
      // Nothing of the books has been written.
      throw thrown instanceof ConnectorError && thrown.mayHaveApplied ? withDoubt(thrown, false) : thrown;
    }
  };
}

function formOf({ clientId, clientSecret }: Application, grant: Grant): URLSearchParams {
  const own = { client_id: clientId, client_secret: clientSecret };
  switch (grant.kind) {
    case "code":
      return new URLSearchParams({
        ...own,
        grant_type: "authorization_code",
        code: grant.code,
        redirect_uri: grant.redirectUri,
      });
    case "password":
      return new URLSearchParams({
        ...own,
        grant_type: "password",
        username: grant.username,
        password: grant.password,
        scope,
      });
    case "refresh":
      return new URLSearchParams({ ...own, grant_type: "refresh_token", refresh_token: grant.refreshToken });
  }
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive().nullish(),
});

function tokensIn(answer: HttpAnswer): Tokens {
  const parsed = tokenAnswer.safeParse(bodyOf(answer));
  if (!parsed.success) {
    throw new ConnectorError("acumatica.unreadable", {
      message: "Acumatica's token endpoint answered without a token.",
      status: answer.status,
    });
  }
  const { access_token: accessToken, refresh_token, expires_in } = parsed.data;
  const livesMs = expires_in ? expires_in * 1000 : usualLifeMs;
  return { accessToken, refreshToken: refresh_token ?? undefined, livesMs };
}

/** The words of RFC 6749, section 5.2. */
const codes: Readonly<Record<string, ErrorCode>> = {
  invalid_client: "acumatica.credentials",
  unauthorized_client: "acumatica.application",
  unsupported_grant_type: "acumatica.application",
  invalid_scope: "acumatica.application",
  invalid_request: "acumatica.application",
};

function refusalOf(answer: HttpAnswer, grant: Grant): ConnectorError {
  const body = refusalBody.safeParse(bodyOf(answer));
  const said = body.success ? body.data.error : "";
  const code = said === "invalid_grant" ? codeOfGrant(grant) : codes[said];
  if (code === undefined) {
    return translate(answer, { place: "sign-in", isWrite: false, subject: "token endpoint", declinedWaitMs: 0 });
  }
  const description = body.success ? (body.data.error_description ?? "") : "";
  const detail = description === "" ? said : `${said}: ${description.slice(0, 200)}`;
  return new ConnectorError(code, {
    message: `${meaningOf(said, grant)} Acumatica says: "${detail}"`,
    status: answer.status,
  });
}

const refusalBody = z.object({ error: z.string(), error_description: z.string().nullish() });

/** A refused password is a refused password; anything else needs a person's consent again. */
const codeOfGrant = ({ kind }: Grant): ErrorCode =>
  kind === "password" ? "acumatica.credentials" : "acumatica.authorise-again";

function meaningOf(said: string, { kind }: Grant): string {
  if (said === "invalid_client") return "Acumatica refused the client ID or secret of the connected application.";
  if (said !== "invalid_grant") return "Acumatica does not let this connected application sign in that way.";
  if (kind === "password") return "Acumatica refused the user name or password.";
  return kind === "code"
    ? "Acumatica did not accept the code of this consent."
    : "The consent has ended or was withdrawn.";
}

function bodyOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
