import { MutationCache, QueryCache, QueryClient, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type {
  About,
  Connection,
  ErrorPage,
  Parcels,
  RecordDetail,
  RecordKind,
  RecordPage,
  RecordState,
} from "./api.ts";
import { ApiError, get, withQuery } from "./request.ts";

const refreshMs = 2_000;
const settledRefreshMs = 10_000;
const unreachableRetryMs = 3_000;
export const pageSize = 50;

/** What the list of records is narrowed to; it lives in the address, so that a list can be sent to a colleague. */
export interface RecordFilter {
  connection?: string | undefined;
  kind?: RecordKind | undefined;
  state?: RecordState | undefined;
  search?: string | undefined;
}

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: () => get<About>("/api/v1/about"),
  refetchInterval: (query) => (query.state.status === "error" ? unreachableRetryMs : 15_000),
});

export const connectionsQuery = queryOptions({
  queryKey: ["connections"],
  queryFn: async () => (await get<{ connections: Connection[] }>("/api/v1/connections")).connections,
  refetchInterval: refreshMs,
});

export const recordsQuery = (filter: RecordFilter, after: string | undefined) =>
  queryOptions({
    queryKey: ["records", filter, after ?? ""],
    queryFn: () => get<RecordPage>(withQuery("/api/v1/records", { ...filter, limit: pageSize, after })),
    refetchInterval: refreshMs,
    // The old rows stay until the new ones are there: a list that blinks cannot be read.
    placeholderData: keepPreviousData,
  });

export const recordQuery = (connection: string, kind: string, key: string) =>
  queryOptions({
    queryKey: ["record", connection, kind, key],
    queryFn: () => get<RecordDetail>(recordPath(connection, kind, key)),
    // A story holds whole requests and answers: it is read often only while something is going on.
    refetchInterval: (query) => (isFresh(query.state.data) ? refreshMs : settledRefreshMs),
  });

/** Costs a call of ShipStation's V2: asked once a visit. */
export const parcelsQuery = (connection: string, kind: string, key: string) =>
  queryOptions({
    queryKey: ["parcels", connection, kind, key],
    queryFn: () => get<Parcels>(`${recordPath(connection, kind, key)}/parcels`),
    staleTime: Infinity,
    retry: false,
  });

export const errorsQuery = queryOptions({
  queryKey: ["errors"],
  queryFn: async () => (await get<{ errors: ErrorPage[] }>("/api/v1/errors")).errors,
  staleTime: Infinity,
});

const isFresh = (detail: RecordDetail | undefined): boolean =>
  detail === undefined ||
  Date.now() - Date.parse(detail.record.changedAt) < 60_000 ||
  detail.record.state === "Prepared";

/** Address of one record in the API; keys such as `SO/000123` carry a slash. */
export const recordPath = (connection: string, kind: string, key: string): string =>
  `/api/v1/records/${[connection, kind, key].map(encodeURIComponent).join("/")}`;

/**
 * One client for all screens. A failed call never retries in a burst: every screen asks again by its own
 * interval. A 401 anywhere means that the session has ended, so the sign-in is shown; silence means that the
 * service is away, which `about` confirms for the banner.
 */
export function createConsoleQueryClient(): QueryClient {
  const onError = (error: Error): void => {
    if (!(error instanceof ApiError)) return;
    if (error.status === 401) {
      client.setQueryData(aboutQuery.queryKey, (about: About | undefined) => about && { ...about, signedIn: null });
    }
    if (error.status === 0 && client.getQueryState(aboutQuery.queryKey)?.status === "success") {
      void client.invalidateQueries({ queryKey: aboutQuery.queryKey });
    }
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // `always`: the service may run on this machine, which needs no network.
      queries: { retry: false, networkMode: "always", refetchOnWindowFocus: true },
      mutations: { retry: false, networkMode: "always" },
    },
  });
  return client;
}
