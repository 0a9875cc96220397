/** A text that must be seen nowhere, with the name it goes by. */
export interface Canary {
  name: string;
  text: string;
}

/** One way in which a canary could be written. */
interface Form {
  name: string;
  text: string;
}

/**
 * A search for canaries in whatever they could be hiding in. It answers what it found and in which form, such as
 * `password as base64`; letters are compared without regard to case, because a search column is kept in small letters.
 */
export function createCanarySearch(canaries: readonly Canary[]): (where: string | Buffer) => string[] {
  const wanted = canaries.flatMap(({ name, text }) =>
    formsOf(text).map((form) => ({ said: `${name} as ${form.name}`, text: form.text.toLowerCase() })),
  );
  return (where) => {
    // One byte becomes one character, so that nothing in a file is skipped as undecodable.
    const text = (typeof where === "string" ? where : where.toString("latin1")).toLowerCase();
    return wanted.filter((form) => text.includes(form.text)).map(({ said }) => said);
  };
}

/** Every form of a text, without repetitions. */
export function formsOf(text: string): Form[] {
  const json = JSON.stringify(text).slice(1, -1);
  const html = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  const forms: Form[] = [
    { name: "itself", text },
    { name: "JSON", text: json },
    { name: "JSON in JSON", text: JSON.stringify(json).slice(1, -1) },
    { name: "part of a URL", text: encodeURIComponent(text) },
    { name: "form data", text: new URLSearchParams({ v: text }).toString().slice(2) },
    { name: "HTML", text: html },
    { name: "SQL", text: text.replaceAll("'", "''") },
    { name: "hexadecimal", text: Buffer.from(text).toString("hex") },
    // Escapes differ between programs; a long plain run of letters and digits is in all of them.
    { name: "its longest plain part", text: longestPlainPart(text) },
    ...base64Forms(text),
  ];
  return forms.filter((form, index) => forms.findIndex((other) => other.text === form.text) === index);
}

/** What is the same in the base64 of any longer text that holds this one, at each of the three places in a group. */
function base64Forms(text: string): Form[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    const inner = whole.slice(offset === 0 ? 0 : 4);
    return [
      { name: "base64", text: inner },
      { name: "base64url", text: inner.replaceAll("+", "-").replaceAll("/", "_") },
    ];
  });
}

const longestPlainPart = (text: string): string =>
  [...text.matchAll(/[A-Za-z0-9]+/g)].map(([part]) => part).reduce((a, b) => (b.length > a.length ? b : a), "");
