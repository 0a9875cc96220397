/**
 * An instant of V2 as milliseconds since the epoch: UTC, with no or up to seven digits of fraction, which the same field changes between
 * two answers (facts: payloads 3.4). undefined for anything else: a text without a zone is no instant.
 */
export function instantFrom(text: string | undefined): number | undefined {
  const [, seconds, fraction = "", zone] = instant.exec(text ?? "") ?? [];
  if (seconds === undefined || zone === undefined) return undefined;
  const ms = Date.parse(`${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

const instant = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/i;
