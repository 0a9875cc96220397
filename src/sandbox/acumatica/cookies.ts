/** `name=value` pairs of a Cookie header; values hold `=` and `&` (facts: acumatica 1.2). */
export function parseCookies(header: string | null): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const cut = part.indexOf("=");
    if (cut > 0) cookies.set(part.slice(0, cut).trim(), part.slice(cut + 1).trim());
  }
  return cookies;
}

export interface CookieStamp {
  now: number;
  requestNumber: number;
  /** Path below the site, as the request statistics cookie tells it: `~/entity/auth/login`. */
  path: string;
}

const httpDate = (ms: number): string => new Date(ms).toUTCString();
/** The old form with dashes, which is what IIS writes into cookies. */
const cookieDate = (ms: number): string => httpDate(ms).replace(/(\d\d) (\w{3}) (\d{4})/, "$1-$2-$3");

/** Set on signing in: twelve headers, most of them doubled. `secure` only over https, or no client on http could answer. */
export function signInCookies(
  session: { id: string; auth: string; tenant: string; branch: string },
  isSecure: boolean,
  stamp: CookieStamp,
): string[] {
  const expires = cookieDate(stamp.now + 3 * 86_400_000);
  return [
    ...twice(
      `.ASPXAUTH=${session.auth}; path=/;${isSecure ? " secure;" : ""} HttpOnly; SameSite=${isSecure ? "None" : "Lax"}`,
    ),
    ...twice(`ASP.NET_SessionId=${session.id}; path=/; HttpOnly; SameSite=Lax`),
    ...twice(`CompanyID=${session.tenant}; expires=${expires}; path=/`),
    ...twice(`Locale=Culture=en-US&TimeZone=GMTM0800A; expires=${expires}; path=/`),
    ...twice(`UserBranch=${session.branch}; path=/`),
    ...statistics(stamp),
  ];
}

export function signOutCookies(stamp: CookieStamp): string[] {
  return [
    ...twice(".ASPXAUTH=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/; HttpOnly"),
    ...twice(`ASP.NET_SessionId=; expires=${cookieDate(stamp.now - 365 * 86_400_000)}; path=/`),
    ...answerCookies("POST", "1", stamp),
  ];
}

/** Locale and branch are set again by every answer, errors included; reads set them once, writes twice. */
export function answerCookies(method: string, branch: string, stamp: CookieStamp): string[] {
  const locale = "Locale=TimeZone=GMTM0800A&Culture=en-US; path=/";
  const userBranch = `UserBranch=${branch}; path=/`;
  if (method === "GET") return [locale, userBranch];
  return [...twice(locale), ...twice(userBranch), ...statistics(stamp)];
}

const twice = (cookie: string): string[] => [cookie, cookie];

function statistics({ now, requestNumber, path }: CookieStamp): string[] {
  const ticks = BigInt(now) * 10_000n + 621_355_968_000_000_000n;
  return [
    `requestid=6B012D3290065983${requestNumber.toString(16).toUpperCase().padStart(16, "0")}; path=/`,
    `requeststat=+st:${10 + (requestNumber % 90)}+sc:${path}+start:${ticks}+tg:; path=/`,
  ];
}
