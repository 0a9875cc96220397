import { afterEach, expect, test } from "vitest";
import { ada, openWeb, operator, type WebUnderTest } from "../../test/support/web.ts";

let site: WebUnderTest | undefined;
afterEach(() => site?.opened.close());

const back = "/oauth/acumatica?state=s1&code=c1";

test("who comes back from Acumatica needs no sign-in here, and names are shown as text", async () => {
  site = await openWeb();
  const answer = await site.web.request(back);
  const text = await answer.text();
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  expect(text).toContain("Acme &#60;b&#62; is authorised");
  expect(text).not.toContain("<b>");
  const returned = { state: "s1", code: "c1", error: undefined };
  expect(site.calls.actions).toEqual([["complete-authorisation", returned, undefined]]);
});

test("the user who is signed in in that browser is told along, and nobody is by a bearer token", async () => {
  site = await openWeb();
  const { cookie } = await site.signIn();
  await site.web.request(back, { headers: { cookie } });
  await site.web.request(back, { headers: operator });
  expect(site.calls.actions.map(([, , signedIn]) => signedIn)).toEqual([ada.email, undefined]);
});

test("the page may not be framed, kept or run scripts, and the code does not travel on in a referrer", async () => {
  site = await openWeb();
  const { headers } = await site.web.request(back);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("content-security-policy")).not.toContain("unsafe-inline");
});
