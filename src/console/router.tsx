import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { type RecordKind, type RecordState, recordKinds, recordStates } from "./api.ts";
import { Frame } from "./parts/frame.tsx";
import { NotFound } from "./parts/messages.tsx";
import type { RecordFilter } from "./queries.ts";
import { withQuery } from "./request.ts";
import { BothSystems } from "./screens/both-systems.tsx";
import { ErrorCode, ErrorList } from "./screens/errors.tsx";
import { Overview } from "./screens/overview.tsx";
import { Record } from "./screens/record.tsx";
import { Records } from "./screens/records.tsx";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const overview = createRoute({ getParentRoute: () => root, path: "/", component: Overview });

const records = createRoute({
  getParentRoute: () => root,
  path: "/records",
  component: Records,
  validateSearch: filterFromAddress,
});

const record = createRoute({ getParentRoute: () => root, path: "/records/$connection/$kind/$key", component: Record });

const errors = createRoute({ getParentRoute: () => root, path: "/errors", component: ErrorList });

const errorCode = createRoute({ getParentRoute: () => root, path: "/errors/$code", component: ErrorCode });

const bothSystems = createRoute({ getParentRoute: () => root, path: "/both-systems", component: BothSystems });

/** Words that the list does not know are dropped: an old bookmark must still open. */
function filterFromAddress(search: { [name: string]: unknown }): RecordFilter {
  const word = (name: string): string | undefined => {
    const value = search[name];
    return typeof value === "string" ? value : undefined;
  };
  const kind = recordKinds.find((known: RecordKind) => known === word("kind"));
  const state = recordStates.find((known: RecordState) => known === word("state"));
  return Object.fromEntries(
    Object.entries({ connection: word("connection"), kind, state, search: word("search") }).filter(
      ([, value]) => value !== undefined && value !== "",
    ),
  );
}

export const createConsoleRouter = () =>
  createRouter({
    routeTree: root.addChildren([overview, records, record, errors, errorCode, bothSystems]),
    defaultPreload: false,
    scrollRestoration: true,
    // Plain `?search=100234`: the router's own form would quote it, since it looks like a number.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => withQuery("", search as { [name: string]: string | undefined }),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
