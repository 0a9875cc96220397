import type { Context, Hono } from "hono";
import type { Account } from "./account.ts";
import { bindingRefusal, exception, modelState, type Answer } from "./answers.ts";
import { readQuery, type Query } from "./lists.ts";
import { instantText } from "./pacific.ts";

/** One request, read: what a route works with. */
export interface Call {
  query: Query;
  /** A number in the path; NaN when it is none. */
  id: number;
  /** Parsed JSON; undefined when the body was empty. */
  body: unknown;
}

/** What the front hands to every route. */
export interface RouteVariables {
  Variables: { bodyText: string };
}
export type ShipStationApp = Hono<RouteVariables>;

/** Puts an answer on the wire. */
export function respond(answer: Answer): Response {
  if (answer.raw) {
    return new Response(answer.raw.text, { status: answer.status, headers: { "content-type": answer.raw.type } });
  }
  if (answer.body === undefined)
    return new Response(null, { status: answer.status, headers: { "content-length": "0" } });
  return new Response(JSON.stringify(answer.body), {
    status: answer.status,
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}

/** A route that answers from the query and the path alone. */
export const reading =
  (account: Account, route: (call: Call) => Answer) =>
  (context: Context<RouteVariables>): Response => {
    const query = readQuery(account, new URL(context.req.url).searchParams);
    const answer = route({ query, id: Number(context.req.param("id")), body: undefined });
    return respond(zoned(account, query.refusal() ?? answer));
  };

/** A route that reads a JSON body; `parameter` is the controller's name for it, which its errors repeat. */
export const writing =
  (account: Account, parameter: string, route: (call: Call) => Answer) =>
  (context: Context<RouteVariables>): Response => {
    const read = readBody(context, parameter);
    if ("refusal" in read) return respond(read.refusal);
    const query = readQuery(account, new URL(context.req.url).searchParams);
    return respond(zoned(account, route({ query, id: Number(context.req.param("id")), body: read.body })));
  };

const wallClock = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;

/** The same answer with every date and time in UTC, where the account is set so; dates alone stay. */
function zoned(account: Account, answer: Answer): Answer {
  if (!account.options.zonedDates || answer.body === undefined) return answer;
  const text = JSON.stringify(answer.body, (_name, value: unknown) =>
    typeof value === "string" && wallClock.test(value) ? instantText(value) : value,
  );
  return { ...answer, body: JSON.parse(text) as unknown };
}

function readBody(context: Context<RouteVariables>, parameter: string): { body: unknown } | { refusal: Answer } {
  const text = context.get("bodyText");
  if (text.trim() === "") return { body: undefined };
  const type = context.req.header("content-type") ?? "text/plain";
  const media = (type.split(";")[0] ?? "").trim().toLowerCase();
  if (!/^(application|text)\/(.+\+)?json$/.test(media)) return { refusal: unsupported(media) };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    const sentence = "Unexpected character encountered while parsing value. Path '', line 1, position 1.";
    return { refusal: modelState({ [parameter]: [sentence] }) };
  }
}

function unsupported(media: string): Answer {
  const { body } = exception(
    "System.Net.Http.UnsupportedMediaTypeException",
    `No MediaTypeFormatter is available to read an object of type 'Order' from content with media type '${media}'.`,
    `The request entity's media type '${media}' is not supported for this resource.`,
  );
  return { status: 415, body };
}

/** 400 for a document of the wrong outer kind. */
export function wrongDocument(key: string, expected: "object" | "array"): Answer {
  const [found, wanted] = expected === "object" ? ["array", "object"] : ["object", "array"];
  const type =
    expected === "object"
      ? "SS.OpenApi.Models.Orders.Order"
      : "System.Collections.Generic.List`1[SS.OpenApi.Models.Orders.Order]";
  return bindingRefusal(key, [
    {
      path: "",
      text: `Cannot deserialize the current JSON ${found} into type '${type}' because the type requires a JSON ${wanted} to deserialize correctly.`,
    },
  ]);
}

/** A member of a small request body, whatever its case. */
export function member(body: unknown, name: string): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  const found = Object.entries(body).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1];
}

/** A numeric member; undefined when it is missing or no number. */
export function numberMember(body: unknown, name: string): number | undefined {
  const value = member(body, name);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

export function textMember(body: unknown, name: string): string | undefined {
  const value = member(body, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}
