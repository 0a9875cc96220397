import type { Problem } from "../lib/problem.ts";

/*
 * ShipStation explains a refused order in prose: one sentence, several run together, or a .NET message (facts: shipstation 1.4,
 * payloads 2.8). What is known becomes field + cure; the rest is passed on as it was said, under the field "order".
 */

/** Longer texts are cut before they are searched. */
const longestText = 2_000;

interface KnownText {
  pattern: RegExp;
  /** The pattern's groups, the first one at 0. */
  field: (groups: string[]) => string;
  cure: (groups: string[]) => string;
}

/** The labels in ShipStation's sentences and the members of an address they mean. */
const addressMembers: Record<string, string> = {
  name: "name",
  company: "company",
  address: "street1",
  "address 1": "street1",
  "street 1": "street1",
  city: "city",
  state: "state",
  "postal code": "postalCode",
  country: "country",
  phone: "phone",
};

/** Messages that are one thing however many sentences they have. */
const knownMessages: KnownText[] = [
  {
    pattern: /Execution Timeout Expired/i,
    field: () => "order",
    cure: () => "Nothing to change: ShipStation was too slow. Replay later.",
  },
  {
    pattern: /Cannot deserialize the current JSON/i,
    field: () => "order",
    cure: () => "Report it: the connector sent a shape that ShipStation does not take.",
  },
];

const knownSentences: KnownText[] = [
  {
    pattern: /'(Ship|Bill) ([A-Za-z0-9 ]{1,30})' must not be empty/i,
    field: ([side = "", label = ""]) => {
      const address = `${side.toLowerCase()}To`;
      const member = addressMembers[label.toLowerCase()];
      return member ? `${address}.${member}` : address;
    },
    cure: ([side = "", label = ""]) =>
      `Enter the ${label.toLowerCase()} of the ${side.toLowerCase()}-to address in Acumatica.`,
  },
  {
    pattern: /'Item ([A-Za-z ]{1,30})' must not be empty/i,
    field: ([label = ""]) => `items.${label.toLowerCase()}`,
    cure: ([label = ""]) => `Give every line a ${label.toLowerCase()} in Acumatica.`,
  },
  {
    pattern: /Please use a 2 character country code/i,
    field: () => "shipTo.country",
    cure: () => "Use two-letter country codes, such as US, in the ship-to and bill-to addresses.",
  },
  {
    pattern: /Could not convert string to \w{1,20}(?:.{0,200} Path '([^']{1,100})')?/i,
    field: ([path = ""]) => fieldFromKey(path),
    cure: () => "Give the field a plain value of its type; numbers without currency or thousands signs.",
  },
  {
    pattern: /The (\w{1,50}) field is required/i,
    field: ([name = ""]) => name,
    cure: ([name = ""]) => `Fill in ${name} in Acumatica.`,
  },
  {
    pattern: /The field (\w{1,50}) must be a string.{0,60}maximum length of '?(\d{1,6})/i,
    field: ([name = ""]) => name,
    cure: ([name = "", length = ""]) => `Shorten ${name} to ${length} characters.`,
  },
  {
    pattern: /Invalid (serviceCode|packageCode|carrierCode|confirmation|warehouseId|storeId)\b/i,
    field: ([name = ""]) => name,
    cure: ([name = ""]) => `Choose a ${name} that this ShipStation account has, or leave it out.`,
  },
  {
    pattern: /\be-?mail\b.{0,80}\b(?:not (?:a )?valid|invalid)\b|\binvalid (?:customer ?)?e-?mail/i,
    field: () => "customerEmail",
    cure: () => "Correct the e-mail address in Acumatica, or leave it empty.",
  },
];

/** The cure where we know no better one. */
const obey = "Correct what ShipStation's message names, then replay.";

/** What ShipStation said about one order (a bulk result's `errorMessage`, or a refusal's text) as problems; never empty. */
export function problemsFromBulkText(said: string): Problem[] {
  const text = tidy(said);
  if (text === "") return [{ field: "order", found: "no reason given", cure: obey }];
  const whole = recognise(text, knownMessages);
  if (whole) return [whole];
  return sentences(text).map(
    (sentence) => recognise(sentence, knownSentences) ?? { field: "order", found: sentence, cure: obey },
  );
}

/** The problems of a ModelState: `{ "apiOrder.shipTo.name": ["..."] }`. */
export function problemsFromModelState(modelState: Record<string, unknown>): Problem[] {
  return Object.entries(modelState).flatMap(([key, texts]) => {
    const field = fieldFromKey(key);
    return (Array.isArray(texts) ? texts : [texts])
      .flatMap((text) => problemsFromBulkText(typeof text === "string" ? text : ""))
      .map((problem) => (field === "order" ? problem : { ...problem, field }));
  });
}

/** One line, without control characters and stack frames, no longer than anybody reads. */
export function tidy(text: string): string {
  const line = text.slice(0, longestText).replaceAll(/[\p{Cc}\s]+/gu, " ");
  return line.replace(/ at [\w.`<>[\]]+\(.*$/, "").trim();
}

function recognise(text: string, known: readonly KnownText[]): Problem | undefined {
  for (const { pattern, field, cure } of known) {
    const groups = pattern.exec(text)?.slice(1);
    if (groups) return { field: field(groups), found: text, cure: cure(groups) };
  }
  return undefined;
}

/**
 * Sentences may run together, without a space and even without a full stop before the next one's `'Label' must`; .NET's
 * "Path '...'" belongs to the sentence before it.
 */
function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!])(?= ?'| ?[A-Z])(?! ?Path ')|(?= ?'[A-Z][A-Za-z0-9 ]{0,30}' (?:must|is) )/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

/** `apiOrder.shipTo.name` → `shipTo.name`; the whole order is `order`. */
function fieldFromKey(key: string): string {
  return key.replace(/^apiOrders?(?=\.|\[|$)\.?/i, "") || "order";
}
