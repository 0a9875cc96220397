import { timingSafeEqual } from "node:crypto";
import type { AcumaticaApplication, AcumaticaSandboxOptions, AcumaticaUser } from "./options.ts";
import { applicationsOf } from "./options.ts";
import type { Refusal } from "./refusals.ts";
import { tenantNamed, type Authentication, type TokenOwner } from "./sessions.ts";

/** What a chain of refresh tokens stands for, from the consent on. */
interface Chain {
  id: string;
  clientId: string;
  application: AcumaticaApplication;
  tenant: string;
  user: AcumaticaUser;
  scopes: string[];
  startedAt: number;
  usedAt: number;
}

interface Code {
  chain: Chain;
  redirectUri: string;
  expiresAt: number;
}

interface Refresh {
  chain: Chain;
  /** When a newer one took its place. */
  replacedAt: number | undefined;
}

interface Access {
  chain: Chain;
  id: string;
  expiresAt: number;
}

/** A refusal in the words of RFC 6749, section 5.2. */
export class OAuthRefusal extends Error {
  override readonly name = "OAuthRefusal";
  readonly error: string;
  readonly description: string | undefined;
  constructor(error: string, description?: string) {
    super(description ?? error);
    this.error = error;
    this.description = description;
  }
}

export interface TokenAnswer {
  access_token: string;
  expires_in: number;
  token_type: "Bearer";
  scope: string;
  refresh_token?: string;
}

/** The site's OpenID server: consents, codes, tokens (facts: acumatica 1.3). */
export interface Identity {
  /** Checks what a browser asks for. Throws OAuthRefusal; `mayReturn` says whether it may be told to the application. */
  check(query: URLSearchParams): { mayReturn: boolean; refusal: OAuthRefusal | undefined };
  /** A person allows it; gives the code. Throws the Refusal of a sign-in. */
  consent(query: URLSearchParams, person: { name: string; password: string }): string;
  /** The token endpoint. Throws OAuthRefusal. */
  tokens(form: URLSearchParams): TokenAnswer;
  /** Whose session this access token stands for; undefined when it is not good. */
  ownerOf(token: string): TokenOwner | undefined;
  /** All consents are withdrawn. */
  revokeAll(): void;
}

const codeMs = 300_000;
const day = 86_400_000;

export function createIdentity(options: AcumaticaSandboxOptions, authentication: Authentication): Identity {
  const codes = new Map<string, Code>();
  const refreshes = new Map<string, Refresh>();
  const accesses = new Map<string, Access>();
  const now = (): number => options.clock.now();
  const secret = (bytes = 32): string => Buffer.from(options.random.bytes(bytes)).toString("hex").toUpperCase();

  /** The part after the `@` selects the tenant. */
  function clientOf(clientId: string): { application: AcumaticaApplication; tenant: string } | undefined {
    const [guid = "", ...rest] = clientId.split("@");
    const tenant = rest.join("@");
    const application = applicationsOf(options).find((each) => each.id.toLowerCase() === guid.toLowerCase());
    if (!application || tenant === "") return undefined;
    try {
      return { application, tenant: tenantNamed(tenant, options) };
    } catch {
      return undefined;
    }
  }

  function scopesIn(text: string | null): string[] {
    const scopes = (text ?? "").split(" ").filter((scope) => scope !== "");
    const known = ["api", "offline_access", "api:concurrent_access", "openid", "profile", "email"];
    if (!scopes.includes("api") && !scopes.includes("api:concurrent_access")) throw new OAuthRefusal("invalid_scope");
    if (scopes.some((scope) => !known.includes(scope))) throw new OAuthRefusal("invalid_scope");
    return scopes;
  }

  function begin(
    client: { application: AcumaticaApplication; tenant: string },
    clientId: string,
    rest: Pick<Chain, "user" | "scopes">,
  ): Chain {
    return { id: secret(12), clientId, ...client, ...rest, startedAt: now(), usedAt: now() };
  }

  function issue(chain: Chain): TokenAnswer {
    chain.usedAt = now();
    const seconds = options.accessTokenSeconds ?? 3600;
    const access_token = secret();
    accesses.set(access_token, { chain, id: secret(12), expiresAt: now() + seconds * 1000 });
    const answer = { access_token, expires_in: seconds, token_type: "Bearer", scope: chain.scopes.join(" ") } as const;
    if (!chain.scopes.includes("offline_access")) return answer;
    const refresh_token = secret();
    refreshes.set(refresh_token, { chain, replacedAt: undefined });
    return { ...answer, refresh_token };
  }

  const isOver = (chain: Chain): boolean => {
    const { lasts = "absolute", days = 30 } = chain.application.refresh ?? {};
    if (lasts === "infinite") return false;
    return now() >= (lasts === "absolute" ? chain.startedAt : chain.usedAt) + days * day;
  };

  function refresh(client: string, token: string): TokenAnswer {
    const known = refreshes.get(token);
    if (known?.chain.clientId !== client || isOver(known.chain)) throw new OAuthRefusal("invalid_grant");
    const graceMs = (options.refreshGraceSeconds ?? 0) * 1000;
    if (known.replacedAt !== undefined && now() >= known.replacedAt + graceMs) throw new OAuthRefusal("invalid_grant");
    known.replacedAt ??= now();
    return issue(known.chain);
  }

  function byCode(client: string, form: URLSearchParams): TokenAnswer {
    const code = codes.get(form.get("code") ?? "");
    // Once, whatever comes of it.
    codes.delete(form.get("code") ?? "");
    const isGood =
      code?.chain.clientId === client && code.redirectUri === form.get("redirect_uri") && now() < code.expiresAt;
    if (!isGood) throw new OAuthRefusal("invalid_grant");
    code.chain.startedAt = now();
    return issue(code.chain);
  }

  function byPassword(client: string, form: URLSearchParams): TokenAnswer {
    const found = clientOf(client);
    if (!found) throw new OAuthRefusal("invalid_client");
    const scopes = scopesIn(form.get("scope"));
    const person = { name: form.get("username") ?? "", password: form.get("password") ?? "" };
    let user: AcumaticaUser;
    try {
      user = authentication.authenticate(person);
    } catch (thrown) {
      throw new OAuthRefusal("invalid_grant", wordsOf(thrown as Refusal));
    }
    return issue(begin(found, client, { user, scopes }));
  }

  return {
    check: (query) => {
      const client = clientOf(query.get("client_id") ?? "");
      const redirectUri = query.get("redirect_uri") ?? "";
      const uris = client?.application.redirectUris;
      if (!client || redirectUri === "" || (uris && !uris.includes(redirectUri))) {
        return { mayReturn: false, refusal: new OAuthRefusal(client ? "invalid_request" : "unauthorized_client") };
      }
      const refusal = ((): OAuthRefusal | undefined => {
        if (query.get("response_type") !== "code") return new OAuthRefusal("unsupported_response_type");
        if (!client.application.flows.includes("code")) return new OAuthRefusal("unauthorized_client");
        try {
          scopesIn(query.get("scope"));
          return undefined;
        } catch (thrown) {
          return thrown as OAuthRefusal;
        }
      })();
      return { mayReturn: true, refusal };
    },

    consent: (query, person) => {
      const clientId = query.get("client_id") ?? "";
      const client = clientOf(clientId);
      if (!client) throw new OAuthRefusal("unauthorized_client");
      const user = authentication.authenticate(person);
      const code = secret();
      const chain = begin(client, clientId, { user, scopes: scopesIn(query.get("scope")) });
      codes.set(code, { chain, redirectUri: query.get("redirect_uri") ?? "", expiresAt: now() + codeMs });
      return code;
    },

    tokens: (form) => {
      const clientId = form.get("client_id") ?? "";
      const client = clientOf(clientId);
      if (!client || !sameText(client.application.secret, form.get("client_secret") ?? "")) {
        throw new OAuthRefusal("invalid_client");
      }
      const { flows } = client.application;
      switch (form.get("grant_type")) {
        case "authorization_code":
          if (!flows.includes("code")) throw new OAuthRefusal("unauthorized_client");
          return byCode(clientId, form);
        case "password":
          if (!flows.includes("password")) throw new OAuthRefusal("unauthorized_client");
          return byPassword(clientId, form);
        case "refresh_token":
          return refresh(clientId, form.get("refresh_token") ?? "");
        default:
          // There is no grant for a program alone.
          throw new OAuthRefusal("unsupported_grant_type");
      }
    },

    ownerOf: (token) => {
      const access = accesses.get(token);
      if (!access || now() >= access.expiresAt) return undefined;
      const { chain, id, expiresAt } = access;
      const { tenant, user, scopes } = chain;
      if (scopes.includes("api:concurrent_access")) return { kind: "cookies", user, tenant, expiresAt };
      // With `offline_access` the session outlives the token; without it it belongs to the token alone.
      const isLasting = scopes.includes("offline_access");
      return {
        kind: "token",
        id: isLasting ? chain.id : id,
        user,
        tenant,
        expiresAt: isLasting ? undefined : expiresAt,
      };
    },

    revokeAll: () => {
      codes.clear();
      refreshes.clear();
      accesses.clear();
    },
  };
}

const sameText = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

/** What a sign-in said, without its shape. */
const wordsOf = ({ body }: Refusal): string =>
  typeof body === "object" && "exceptionMessage" in body ? String(body.exceptionMessage) : "sign-in failed";
