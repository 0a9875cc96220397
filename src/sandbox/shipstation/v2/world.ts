import type { Context, Hono } from "hono";
import type { Account } from "../account.ts";
import type { V2Answer } from "./answers.ts";
import type { V2Options } from "./options.ts";

/** What the routes of V2 work with. */
export interface V2World {
  account: Account;
  options: V2Options;
}

export interface V2Env {
  Variables: { bodyText: string };
}
export type V2App = Hono<V2Env>;
export type V2Route = (context: Context<V2Env>) => V2Answer;
/** Makes a handler of a route: its answer is put on the wire. */
export type Answering = (route: V2Route) => (context: Context<V2Env>) => Response;
