import { instancePathOf } from "./options.ts";
import { OAuthRefusal } from "./identity.ts";
import { Refusal } from "./refusals.ts";
import type { Site } from "./site.ts";

interface Visit {
  request: Request;
  url: URL;
  segments: string[];
  body: string;
  stamp: { now: number };
}

/** `/identity/…`: the consent page for browsers, the token endpoint for programs; undefined for anything else there. */
export function answerIdentity(site: Site, visit: Visit): Response | undefined {
  const { method } = visit.request;
  switch (visit.segments.slice(1).join("/").toLowerCase()) {
    case ".well-known/openid-configuration":
      return discovery(site, visit);
    case "connect/authorize":
      return method === "POST" ? decide(site, visit) : askForConsent(site, visit);
    case "connect/token":
      return method === "POST" ? tokens(site, visit) : json(405, { error: "invalid_request" });
    default:
      return undefined;
  }
}

function discovery(site: Site, { url }: Visit): Response {
  const root = `${url.origin}${instancePathOf(site.options)}/identity`;
  return json(200, {
    issuer: root,
    authorization_endpoint: `${root}/connect/authorize`,
    token_endpoint: `${root}/connect/token`,
    scopes_supported: ["openid", "profile", "email", "api", "offline_access", "api:concurrent_access"],
    grant_types_supported: ["authorization_code", "password", "refresh_token", "implicit"],
    response_types_supported: ["code"],
  });
}

function tokens(site: Site, { body }: Visit): Response {
  site.counts.signIns++;
  try {
    return json(200, site.identity.tokens(new URLSearchParams(body)));
  } catch (thrown) {
    if (!(thrown instanceof OAuthRefusal)) throw thrown;
    const { error, description } = thrown;
    return json(400, { error, ...(description === undefined ? {} : { error_description: description }) });
  }
}

/** A mistake about the application is shown to the person; anything else goes back to the application. */
function refusalOf(site: Site, query: URLSearchParams): Response | undefined {
  const { mayReturn, refusal } = site.identity.check(query);
  if (!refusal) return undefined;
  return mayReturn ? goBack(query, { error: refusal.error }) : page(400, "Error", `<p>${refusal.error}</p>`);
}

function askForConsent(site: Site, { url }: Visit): Response {
  return refusalOf(site, url.searchParams) ?? page(200, "Sign In", form(""));
}

/** What the person filled in: `username`, `password`, for some users `otp`, and the button `decision`. */
function decide(site: Site, { url, body }: Visit): Response {
  const query = url.searchParams;
  const refusal = refusalOf(site, query);
  if (refusal) return refusal;
  const sent = new URLSearchParams(body);
  if (sent.get("decision") !== "allow") return goBack(query, { error: "access_denied" });
  const name = sent.get("username") ?? "";
  const user = site.options.users?.find((each) => each.name === name);
  if (user?.twoFactor && !/^\d{6}$/.test(sent.get("otp") ?? "")) {
    return page(200, "Sign In", form("Enter the code of your second factor."));
  }
  try {
    return goBack(query, { code: site.identity.consent(query, { name, password: sent.get("password") ?? "" }) });
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return page(200, "Sign In", form("The sign-in was refused."));
  }
}

function goBack(query: URLSearchParams, answer: Record<string, string>): Response {
  const target = new URL(query.get("redirect_uri") ?? "");
  const state = query.get("state");
  for (const [name, value] of Object.entries({ ...answer, ...(state === null ? {} : { state }) })) {
    target.searchParams.set(name, value);
  }
  return new Response(null, { status: 302, headers: { location: target.href } });
}

const form = (said: string): string =>
  `<p>${said}</p><form method="post"><label>Name <input name="username"></label>` +
  '<label>Password <input name="password" type="password"></label><label>Code <input name="otp"></label>' +
  '<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>';

const page = (status: number, title: string, content: string): Response =>
  new Response(`<!DOCTYPE html><html><head><title>${title}</title></head><body>${content}</body></html>`, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });

const json = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
