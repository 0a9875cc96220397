import { expect, test } from "vitest";
import { createCookies } from "./cookies.ts";

const at = Date.UTC(2024, 0, 10);
const clock = { now: () => at, sleep: () => Promise.resolve() };
const url = new URL("https://erp.example/23R2/entity/Default/24.200.001/SalesOrder");

function headersOf(...lines: string[]): Headers {
  const headers = new Headers();
  for (const line of lines) headers.append("set-cookie", line);
  return headers;
}

test("values with = & and : survive, and a doubled cookie counts once", () => {
  const cookies = createCookies(clock);
  const locale = "Locale=Culture=en-US&TimeZone=GMTM0800A; expires=Sat, 13-Jan-2024 02:13:54 GMT; path=/";
  cookies.keep(url, headersOf("A=x=; path=/; HttpOnly", locale, locale, "stat=+st:1+sc:~/entity; path=/"));
  expect(cookies.header(url).split("; ").sort()).toEqual([
    "A=x=",
    "Locale=Culture=en-US&TimeZone=GMTM0800A",
    "stat=+st:1+sc:~/entity",
  ]);
});

test("a later answer replaces a cookie, and one that expires in the past deletes it", () => {
  const cookies = createCookies(clock);
  cookies.keep(url, headersOf("UserBranch=1; path=/", "A=1; path=/"));
  cookies.keep(url, headersOf("UserBranch=2; path=/", "A=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/"));
  expect(cookies.header(url)).toBe("UserBranch=2");
});

test("expiry is judged by the clock given, not by the machine's", () => {
  const cookies = createCookies(clock);
  cookies.keep(url, headersOf("A=1; expires=Sat, 13-Jan-2024 00:00:00 GMT; path=/", "B=1; Max-Age=60; path=/"));
  expect(cookies.header(url)).toBe("A=1; B=1");
});

test("cookies of one host are not sent to another", () => {
  const cookies = createCookies(clock);
  cookies.keep(url, headersOf("A=1; path=/"));
  expect(cookies.header(new URL("https://elsewhere.example/"))).toBe("");
});
