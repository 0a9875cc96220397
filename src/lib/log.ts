import { pino, type DestinationStream } from "pino";

/** Structured log lines. Fields first, sentence second. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Names whose values never reach a log line, at any depth pino can see. */
const secretNames = ["password", "apiKey", "apiSecret", "secret", "token", "authorization", "cookie", "blob"];

/** A pino log on standard error, so that standard output stays for what a command answers. */
export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "***" },
      base: null,
    },
    destination ?? pino.destination(2),
  );
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
