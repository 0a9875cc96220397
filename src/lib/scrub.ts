/** Shorter texts occur in ordinary answers; no key or password of a real system is that short. */
const shortest = 8;

/**
 * The text with these secrets replaced by `***`. Some error pages, and proxies on the way, repeat the request they could not serve, its
 * headers and body included; what they say is kept with records, logged and shown (threat T9). Each secret is looked for as it is and
 * as JSON, HTML and URLs write it. Secrets of fewer than eight characters are left alone.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const form of secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf)) {
    if (clean.includes(form)) clean = clean.replaceAll(form, "***");
  }
  return clean;
}

/** The longest first: a secret without special characters is part of its own escaped forms. */
function formsOf(secret: string): string[] {
  const json = escaped(secret);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = html.replaceAll('"', "&quot;");
  const forms = [
    ...[escaped(json), json, encodeURIComponent(secret), new URLSearchParams({ v: secret }).toString().slice(2)],
    ...[quoted.replaceAll("'", "&#39;"), quoted.replaceAll("'", "&#x27;"), quoted, html, secret],
  ];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
