import { getMigrations } from "better-auth/db/migration";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { silentLog } from "../lib/log.ts";
import { createAuth, createUser, type Auth } from "./auth.ts";

const secret = "a-secret-of-tests-that-is-long-enough-0123456789";
const ada = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };

let opened: OpenDatabase;
const clock = createMovableClock();
beforeAll(async () => {
  opened = await openTestDatabase();
  await createUser(fresh(), ada);
});
afterAll(() => opened.close());

const fresh = (publicUrl = "http://127.0.0.1:4400"): Auth =>
  createAuth({ db: opened.db, clock, log: silentLog, secret, publicUrl });

function signIn(auth: Auth, password: string, more: { email?: string; address?: string; headers?: object } = {}) {
  return auth.answer({
    method: "POST",
    target: "/api/auth/sign-in/email",
    headers: new Headers({ "content-type": "application/json", ...more.headers }),
    body: JSON.stringify({ email: more.email ?? ada.email, password }),
    clientAddress: more.address ?? "192.0.2.1",
  });
}
const sessionOf = (answer: Response): Headers =>
  new Headers({
    cookie: answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; "),
  });

describe("signing in", () => {
  test("the right password gives a session, and the session tells who it is", async () => {
    const auth = fresh();
    const answer = await signIn(auth, ada.password);
    expect(answer.status).toBe(200);
    expect((await auth.whoIs(sessionOf(answer)))?.user).toEqual({ email: ada.email, name: ada.name });
  });

  test("a wrong password and an unknown address answer alike", async () => {
    const auth = fresh();
    const wrong = await signIn(auth, "not the password");
    const unknown = await signIn(auth, "not the password", { email: "nobody@example.com" });
    expect([wrong.status, await wrong.text()]).toEqual([unknown.status, await unknown.text()]);
    expect(wrong.status).toBe(401);
  });

  test.for([
    { publicUrl: "http://127.0.0.1:4400", secure: false },
    { publicUrl: "https://connector.example.com", secure: true },
  ])("the cookie for $publicUrl is HttpOnly, Lax, and Secure where it can be", async ({ publicUrl, secure }) => {
    const [cookie] = (await signIn(fresh(publicUrl), ada.password)).headers.getSetCookie();
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    expect(/; Secure/i.test(cookie!)).toBe(secure);
  });

  test("a cookie that was not signed with the secret is nobody's", async () => {
    const auth = fresh();
    const headers = sessionOf(await signIn(auth, ada.password));
    const other = createAuth({
      db: opened.db,
      clock,
      log: silentLog,
      secret: `${secret}-of-another-installation`,
      publicUrl: "http://127.0.0.1:4400",
    });
    expect(await other.whoIs(headers)).toBeUndefined();
  });

  test("signing out ends the session", async () => {
    const auth = fresh();
    const headers = sessionOf(await signIn(auth, ada.password));
    const answer = await auth.answer({
      method: "POST",
      target: "/api/auth/sign-out",
      headers: new Headers({ ...Object.fromEntries(headers), origin: "http://127.0.0.1:4400" }),
      body: undefined,
      clientAddress: undefined,
    });
    expect(answer.status).toBe(200);
    expect(await auth.whoIs(headers)).toBeUndefined();
  });

  test("another site's page cannot sign a browser in", async () => {
    const answer = await signIn(fresh(), ada.password, { headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(403);
  });

  test("a session ends after a day, used or not", async () => {
    const auth = fresh();
    const headers = sessionOf(await signIn(auth, ada.password));
    clock.advance(24 * 3600_000);
    expect(await auth.whoIs(headers)).toBeUndefined();
  });
});

describe("guessing", () => {
  test("five wrong passwords close an account for a quarter of an hour, from any address", async () => {
    const auth = fresh();
    for (let guess = 0; guess < 5; guess++) {
      expect((await signIn(auth, `guess number ${guess}`, { address: `192.0.2.${guess}` })).status).toBe(401);
    }
    await expect(signIn(auth, ada.password, { address: "192.0.2.99" })).rejects.toMatchObject({ status: 429 });
    clock.advance(15 * 60_000);
    expect((await signIn(auth, ada.password)).status).toBe(200);
  });

  test("one address cannot try many accounts, whatever it claims in headers", async () => {
    const auth = fresh();
    const results = new Map<number, number>();
    for (let guess = 0; guess < 25; guess++) {
      const status = await signIn(auth, "guess", {
        email: `user${guess}@example.com`,
        headers: { "x-forwarded-for": `198.51.100.${guess}`, "x-client-address": `198.51.100.${guess}` },
      }).then(
        (answer) => answer.status,
        (error: unknown) => (error as { status: number }).status,
      );
      results.set(status, (results.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(results)).toEqual({ 401: 20, 429: 5 });
  });
});

describe("what is offered", () => {
  test.for([
    "POST /sign-up/email",
    "POST /request-password-reset",
    "POST /sign-in/social",
    "POST /delete-user",
    "GET /ok",
  ])("%s is not", async (route) => {
    const [method, path] = route.split(" ");
    await expect(
      fresh().answer({
        method: method!,
        target: `/api/auth${path!}`,
        headers: new Headers({ "content-type": "application/json" }),
        body:
          method === "POST"
            ? JSON.stringify({ email: "eve@example.com", password: "long enough", name: "E" })
            : undefined,
        clientAddress: undefined,
      }),
    ).rejects.toMatchObject({ status: 404 });
  });
});

test("an interrupted creation is completed, a finished one is not repeated", async () => {
  const auth = fresh();
  await opened.db
    .insertInto("users" as never)
    .values({
      id: "half",
      name: "Half",
      email: "half@example.com",
      emailVerified: true,
      createdAt: new Date(0),
      updatedAt: new Date(0),
    })
    .execute();
  const half = { email: "half@example.com", name: "Half", password: "second attempt" };
  await createUser(auth, half);
  expect((await signIn(auth, half.password, { email: half.email })).status).toBe(200);
  await expect(createUser(auth, half)).rejects.toMatchObject({ code: "internal.defect" });
});

test("the users migration leaves the sign-in library nothing to add", async () => {
  const { toBeCreated, toBeAdded, toBeAddedIndexes } = await getMigrations({
    database: { db: opened.db, type: "postgres" },
    secret,
    baseURL: "http://127.0.0.1:4400",
    user: { modelName: "users" },
    session: { modelName: "user_sessions" },
    account: { modelName: "user_accounts" },
    verification: { modelName: "user_verifications" },
    emailAndPassword: { enabled: true },
  });
  expect({ toBeCreated, toBeAdded, toBeAddedIndexes }).toEqual({
    toBeCreated: [],
    toBeAdded: [],
    toBeAddedIndexes: [],
  });
});
