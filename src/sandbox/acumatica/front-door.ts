import { answerCookies, signInCookies, signOutCookies, type CookieStamp } from "./cookies.ts";
import { endpointsOf, instancePathOf } from "./options.ts";
import { invalidRequest, Refusal } from "./refusals.ts";
import { answerIdentity } from "./identity-pages.ts";
import { answerEntity, type Answer } from "./routes.ts";
import { isRecord, parseBody } from "./sent.ts";
import type { Session } from "./sessions.ts";
import { pathBelow, type Site } from "./site.ts";

interface Visit {
  request: Request;
  url: URL;
  /** Below the virtual directory, without empty segments. */
  segments: string[];
  body: string;
  stamp: CookieStamp;
  /** Of the site's clock. */
  skewMs: number;
  session: Session | undefined;
}

/**
 * Any request to the site: counts it, lets it wait as the licence wants, answers it, writes it down. A router of our own,
 * because paths are not case-sensitive and the virtual directory may change while the site runs.
 */
export async function answer(site: Site, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const below = pathBelow(site.options, url.pathname);
  const body = await request.text();
  site.counts.calls++;
  site.operations.settle();
  const segments = (below ?? "")
    .split("/")
    .filter((segment) => segment !== "")
    .map(decode);
  const visit: Visit = {
    request,
    url,
    segments,
    body,
    stamp: {
      now: site.options.clock.now(),
      requestNumber: ++site.requestNumber,
      path: `~${(below ?? "").toLowerCase()}`,
    },
    session: undefined,
    skewMs: site.options.clockSkewMs ?? 0,
  };
  const root = below === undefined ? undefined : segments[0]?.toLowerCase();
  const response =
    root === "entity"
      ? await api(site, visit)
      : ((root === "identity" ? answerIdentity(site, visit) : undefined) ?? page(site, visit));
  note(site, visit, response.status);
  return response;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function api(site: Site, visit: Visit): Promise<Response> {
  try {
    await site.licence.admit();
    visit.session = sessionOf(site, visit);
    const [, second = "", third = ""] = visit.segments.map((segment) => segment.toLowerCase());
    if (second === "auth" && third === "login") return signIn(site, visit);
    if (second === "auth" && third === "logout") return signOut(site, visit);
    if (second === "") return respond(visit, listEndpoints(site, visit));
    if (!visit.session) return lostSession(site, visit);
    return respond(
      visit,
      answerEntity(site, {
        method: visit.request.method,
        url: visit.url,
        headers: visit.request.headers,
        body: visit.body,
        session: visit.session,
        segments: visit.segments.slice(1),
      }),
    );
  } catch (thrown) {
    if (thrown instanceof Refusal) return refuse(site, visit, thrown);
    throw thrown;
  }
}

/** By access token or by cookies. A token that is not good opens nothing, whatever cookies come along. */
function sessionOf(site: Site, { request, segments }: Visit): Session | undefined {
  const cookies = request.headers.get("cookie");
  const token = /^Bearer (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (token === undefined) return site.sessions.find(cookies);
  const owner = site.identity.ownerOf(token);
  // Signing out opens no session.
  const isSignOut = segments[2]?.toLowerCase() === "logout";
  if (!owner) return undefined;
  return isSignOut
    ? site.sessions.live().find(({ id }) => owner.kind === "token" && id === `token-${owner.id}`)
    : site.sessions.ofToken(owner, request.headers.get("px-cbapibranch") ?? "", cookies);
}

function signIn(site: Site, visit: Visit): Response {
  if (visit.request.method !== "POST")
    throw new Refusal(405, { message: "The requested resource does not support this http method." });
  site.counts.signIns++;
  const sent = credentials(visit);
  const session = site.sessions.signIn(sent, visit.request.headers.get("cookie"));
  visit.session = session;
  return new Response(null, {
    status: 204,
    headers: headers(signInCookies(session, visit.url.protocol === "https:", visit.stamp), visit),
  });
}

/** JSON or a form; `company` is the older name of `tenant` (facts: acumatica 1.2). */
function credentials(visit: Visit): { name: string; password: string; tenant: string; branch: string } {
  const isForm = (visit.request.headers.get("content-type") ?? "").startsWith("application/x-www-form-urlencoded");
  const body: Record<string, unknown> = isForm
    ? Object.fromEntries(new URLSearchParams(visit.body))
    : parseBody(visit.body);
  const text = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
  if (text("name") === "") throw invalidRequest("credentials.name", "The name field is required.");
  return {
    name: text("name"),
    password: text("password"),
    tenant: text("tenant") || text("company"),
    branch: text("branch"),
  };
}

/**
 * IIS refuses a POST without a Content-Length (411). A request handed over in process has no socket headers; there an empty body is
 * enough, since nobody could set the header.
 */
function signOut(site: Site, visit: Visit): Response {
  if (visit.request.method !== "POST")
    throw new Refusal(405, { message: "The requested resource does not support this http method." });
  const { headers: sent } = visit.request;
  const cameOverSocket = sent.has("host");
  if (!sent.has("content-length") && (cameOverSocket || visit.body !== "")) {
    throw new Refusal(
      411,
      "<!DOCTYPE HTML><HTML><HEAD><TITLE>Length Required</TITLE></HEAD><BODY><h2>Length Required</h2></BODY></HTML>",
      "text/html; charset=us-ascii",
    );
  }
  if (visit.session) site.sessions.signOut(visit.session);
  return new Response(null, { status: 204, headers: headers(signOutCookies(visit.stamp), visit) });
}

/** Build and endpoints; without a session only those of the system (facts: acumatica 1.1). */
function listEndpoints(site: Site, visit: Visit): Answer {
  const root = `${visit.url.origin}${instancePathOf(site.options)}`;
  const endpoints = endpointsOf(site.options)
    .filter((endpoint) => visit.session !== undefined || endpoint.name === "Default")
    .map(({ name, version }) => ({ name, version, href: `${root}/entity/${name}/${version}/` }));
  const body = site.options.legacyEntityList
    ? endpoints
    : { version: { acumaticaBuildVersion: "25.101.0153", databaseVersion: "25.101.0153" }, endpoints };
  return { status: 200, text: JSON.stringify(body) };
}

function lostSession(site: Site, visit: Visit): Response {
  if (site.options.lostSessionStatus === 302) return redirectToSignIn(site, visit);
  throw new Refusal(401, { message: "Authorization has been denied for this request." });
}

/** Anything that is no API call: the sign-in page, or the way there (facts: acumatica 2.5). */
function page(site: Site, visit: Visit): Response {
  const isSignIn = visit.segments.join("/").toLowerCase() === "frames/login.aspx";
  if (!isSignIn) return redirectToSignIn(site, visit);
  const html = "<!DOCTYPE html><html><head><title>Sign In</title></head><body><form></form></body></html>";
  return new Response(html, { status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
}

function redirectToSignIn(site: Site, visit: Visit): Response {
  const target = `${instancePathOf(site.options)}/Frames/Login.aspx?ReturnUrl=${encodeURIComponent(visit.url.pathname)}`;
  const html = `<html><head><title>Object moved</title></head><body><h2>Object moved to <a href="${target}">here</a>.</h2></body></html>`;
  return new Response(html, { status: 302, headers: { location: target, "content-type": "text/html; charset=utf-8" } });
}

function respond(visit: Visit, { status, text, headers: extra }: Answer): Response {
  const cookies = answerCookies(visit.request.method, visit.session?.branch ?? "1", visit.stamp);
  const all = headers(cookies, visit);
  for (const [name, value] of Object.entries(extra ?? {})) all.set(name, value);
  if (text !== undefined) all.set("content-type", "application/json; charset=utf-8");
  return new Response(text ?? null, { status, headers: all });
}

function refuse(site: Site, visit: Visit, refusal: Refusal): Response {
  if (refusal.status === 429) site.counts.rateLimited++;
  const cookies = answerCookies(visit.request.method, visit.session?.branch ?? "1", visit.stamp);
  const all = headers(typeof refusal.body === "string" ? [] : cookies, visit);
  all.set("content-type", refusal.contentType);
  return new Response(typeof refusal.body === "string" ? refusal.body : JSON.stringify(refusal.body), {
    status: refusal.status,
    headers: all,
  });
}

function headers(cookies: string[], visit: Visit): Headers {
  const all = new Headers({ date: new Date(visit.stamp.now + visit.skewMs).toUTCString() });
  for (const cookie of cookies) all.append("set-cookie", cookie);
  return all;
}

/** Writes and sign-ins go to the journal with all they said but passwords; reads are only counted. */
function note(site: Site, visit: Visit, status: number): void {
  const { method } = visit.request;
  if (method === "GET") {
    site.counts.reads++;
    return;
  }
  const isIdentity = visit.segments[0]?.toLowerCase() === "identity";
  const isAuth = isIdentity || visit.segments[1]?.toLowerCase() === "auth";
  if (!isAuth) site.counts.writes++;
  site.journal.push({
    at: visit.stamp.now,
    method,
    path: `${visit.url.pathname}${visit.url.search}`,
    status,
    session: visit.session?.id,
    body: isIdentity ? loggedForm(visit.body) : loggedBody(visit.body, isAuth),
  });
}

const secretMembers = new Set(["password", "client_secret", "refresh_token", "code", "otp"]);

const loggedForm = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...new URLSearchParams(text)].map(([name, value]) => [name, secretMembers.has(name) ? "***" : value]),
  );

function loggedBody(text: string, isAuth: boolean): unknown {
  if (text === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) && "password" in parsed ? { ...parsed, password: "***" } : parsed;
  } catch {
    return isAuth ? "***" : text;
  }
}
