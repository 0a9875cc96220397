/** What the network answers in place of a system, and in its words. */

export type System = "acumatica" | "shipstation";

/** An answer with its body read. */
export interface Whole {
  status: number;
  headers: Headers;
  text: string;
}

export const jsonHeaders = (): Headers => new Headers({ "content-type": "application/json" });

export const brokenConnection = (): Error =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) });

export function tooMany(system: System, withHeaders: boolean): Whole {
  const headers = jsonHeaders();
  if (withHeaders && system === "shipstation") {
    headers.set("x-rate-limit-limit", "40");
    headers.set("x-rate-limit-remaining", "0");
    headers.set("x-rate-limit-reset", "20");
  }
  return { status: 429, headers, text: system === "shipstation" ? "Too Many Requests" : "" };
}

export const html = (): Whole => ({
  status: 200,
  headers: new Headers({ "content-type": "text/html; charset=utf-8" }),
  text: "<!DOCTYPE html><html><body>Please wait</body></html>",
});

export const serverError = (system: System): Whole => ({
  status: 500,
  headers: jsonHeaders(),
  text: JSON.stringify(
    system === "acumatica"
      ? {
          message: "An error has occurred.",
          exceptionMessage: "The server is busy.",
          exceptionType: "System.Exception",
        }
      : { Message: "An error has occurred." },
  ),
});

/** What Acumatica answers for a document that it did not save: what was sent, under no number. */
export function unsaved(body: string): string {
  const sent = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify({ ...sent, ...(sent["ShipmentNbr"] === undefined ? { ShipmentNbr: { value: "<NEW>" } } : {}) });
}
