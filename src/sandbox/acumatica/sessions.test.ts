import { describe, expect, test } from "vitest";
import { signedIn, smallSite, visitor } from "../../../test/support/acumatica-visitor.ts";

const minutes = 60_000;

describe("signing in and out", () => {
  test("answers 204 without a body and with twelve cookies, most of them twice", async () => {
    const { site } = smallSite();
    const { status, text, headers } = await visitor(site).signIn();
    expect([status, text, headers.get("content-type")]).toEqual([204, "", null]);
    const names = headers.getSetCookie().map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual([
      ".ASPXAUTH",
      ".ASPXAUTH",
      "ASP.NET_SessionId",
      "ASP.NET_SessionId",
      "CompanyID",
      "CompanyID",
      "Locale",
      "Locale",
      "UserBranch",
      "UserBranch",
      "requestid",
      "requeststat",
    ]);
    expect(headers.getSetCookie()[6]).toMatch(
      /^Locale=Culture=en-US&TimeZone=GMTM0800A; expires=\w{3}, \d\d-\w{3}-\d{4} /,
    );
  });

  test("later answers set the locale again with its parts in the other order, errors included", async () => {
    const { visit } = await signedIn();
    const { headers, status } = await visit.entity("GET", "SalesOrder/SO/999999");
    expect(status).toBe(500);
    expect(headers.getSetCookie()).toEqual(["Locale=TimeZone=GMTM0800A&Culture=en-US; path=/", "UserBranch=1; path=/"]);
  });

  test("a wrong password is HTTP 500, and nothing is opened", async () => {
    const { site } = smallSite();
    const { status, json } = await visitor(site).signIn({ password: "wrong" });
    expect(status).toBe(500);
    expect(json).toMatchObject({
      message: "An error has occurred.",
      exceptionMessage: "Error: Invalid credentials. Please try again.",
      exceptionType: "PX.Data.PXException",
    });
    expect(site.sessionCount()).toBe(0);
  });

  test("three wrong passwords lock the account for the right one as well, for 15 minutes", async () => {
    const { site, clock } = smallSite();
    const visit = visitor(site);
    for (let attempt = 0; attempt < 3; attempt++) await visit.signIn({ password: "wrong" });
    const locked = await visit.signIn();
    expect([locked.status, locked.json.exceptionMessage]).toEqual([500, expect.stringContaining("locked")]);
    clock.advance(15 * minutes);
    expect((await visit.signIn()).status).toBe(204);
  });

  test("the password can be changed while the site runs", async () => {
    const { site } = smallSite();
    site.options.users = [{ name: "connector", password: "new" }];
    expect((await visitor(site).signIn()).status).toBe(500);
    expect((await visitor(site).signIn({ password: "new" })).status).toBe(204);
  });

  describe("the tenant", () => {
    const two = { tenants: ["Company", "Brand"], dataTenant: "Brand" };

    test("an unknown name is a 500 where there are several", async () => {
      const { site } = smallSite(two);
      const { status, json } = await visitor(site).signIn({ tenant: "Brnad" });
      expect([status, json.exceptionType]).toEqual([500, "PX.Data.PXUndefinedCompanyException"]);
    });

    test("any name will do where there is one", async () => {
      const { site } = smallSite();
      expect((await visitor(site).signIn({ tenant: "whatever" })).status).toBe(204);
    });

    test("an empty name lands on the default tenant without a word, where nothing of ours is", async () => {
      const { site } = smallSite(two);
      site.createOrder();
      const lost = visitor(site);
      expect((await lost.signIn({ tenant: "" })).status).toBe(204);
      expect((await lost.entity("GET", "SalesOrder")).json).toEqual([]);
      const home = visitor(site);
      await home.signIn({ tenant: "", company: "brand" });
      expect((await home.entity("GET", "SalesOrder")).json).toHaveLength(1);
    });
  });

  describe("the licence", () => {
    test("the third session of two is refused by a 500 that names the API Login Limit", async () => {
      const { site } = smallSite();
      await visitor(site).signIn();
      await visitor(site).signIn();
      const third = await visitor(site).signIn();
      expect(third.status).toBe(500);
      expect(third.text).toContain("API Login Limit");
      site.options.maxSessions = 3;
      expect((await visitor(site).signIn()).status).toBe(204);
    });

    test("or by a 429 in plain text", async () => {
      const { site } = smallSite({ maxSessions: 0, loginLimitStatus: 429 });
      const refused = await visitor(site).signIn();
      expect([refused.status, refused.headers.get("content-type")]).toEqual([429, "text/plain"]);
      expect(site.counts.rateLimited).toBe(1);
    });

    test("signing in again with a live session takes its place", async () => {
      const { site } = smallSite({ maxSessions: 1 });
      const visit = visitor(site);
      await visit.signIn();
      expect((await visit.signIn()).status).toBe(204);
      expect(site.sessionCount()).toBe(1);
    });

    test("signing out frees the session and deletes the cookies", async () => {
      const { site, visit } = await signedIn({ maxSessions: 1 });
      const { status, headers } = await visit.signOut();
      expect(status).toBe(204);
      expect(headers.getSetCookie()[0]).toBe(".ASPXAUTH=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/; HttpOnly");
      expect(site.sessionCount()).toBe(0);
      expect((await visit.entity("GET", "SalesOrder")).status).toBe(401);
    });

    test("a session ends after ten idle minutes, and each call starts them anew", async () => {
      const { visit, clock } = await signedIn();
      clock.advance(9 * minutes);
      expect((await visit.entity("GET", "ShipVia")).status).toBe(200);
      clock.advance(9 * minutes);
      expect((await visit.entity("GET", "ShipVia")).status).toBe(200);
      clock.advance(11 * minutes);
      expect((await visit.entity("GET", "ShipVia")).status).toBe(401);
    });

    test("from half of the requests a minute on each is held back without a word", async () => {
      const { visit, site, clock } = await signedIn();
      site.options.requestsPerMinute = 4;
      const done: number[] = [];
      const calls = [1, 2, 3].map((call) =>
        visit.entity("GET", "ShipVia?$top=1").then(({ status, headers }) => {
          done.push(call);
          return [status, headers.get("retry-after")];
        }),
      );
      await Promise.all(calls.slice(0, 2));
      expect(done).toEqual([1, 2]);
      clock.advance(minutes / 2);
      expect(await calls[2]).toEqual([200, null]);
    });

    test("requests are declined above the limit a minute, in plain text", async () => {
      const { visit, site, clock } = await signedIn();
      site.options.requestsPerMinute = 2;
      const answers = Promise.all([1, 2, 3].map(() => visit.entity("GET", "ShipVia?$top=1")));
      // The second is held back until the minute is nearly over.
      await new Promise(setImmediate);
      clock.advance(minutes);
      expect((await answers).map((each) => each.status)).toEqual([200, 200, 429]);
    });
  });

  test("a lost session may also lead to the sign-in page", async () => {
    const { site } = smallSite({ lostSessionStatus: 302 });
    const answered = await visitor(site).entity("GET", "SalesOrder");
    expect([answered.status, answered.headers.get("location")]).toEqual([
      302,
      "/Frames/Login.aspx?ReturnUrl=%2Fentity%2FDefault%2F24.200.001%2FSalesOrder",
    ]);
  });

  test("passwords do not enter the journal", async () => {
    const { site } = await signedIn();
    expect(site.journal).toMatchObject([{ method: "POST", path: "/entity/auth/login", status: 204 }]);
    expect(JSON.stringify(site.journal)).not.toContain("sandbox-only");
  });
});
