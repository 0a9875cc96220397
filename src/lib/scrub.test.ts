import { expect, test } from "vitest";
import { scrub } from "./scrub.ts";

const secret = `Pa"ss\\w/ord' <&> +%20`;

test.for([
  ["as it is", `name=connector ${secret} tenant=Brand`],
  ["in JSON", JSON.stringify({ password: secret })],
  ["in JSON inside JSON", JSON.stringify({ message: JSON.stringify({ password: secret }) })],
  ["in a URL", `https://erp.example.com/?p=${encodeURIComponent(secret)}`],
  ["in a form", new URLSearchParams({ password: secret }).toString()],
  ["in a page", `<p>Pa&quot;ss\\w/ord' &lt;&amp;&gt; +%20</p>`],
  ["in a page that writes apostrophes by number", `<p>Pa&quot;ss\\w/ord&#39; &lt;&amp;&gt; +%20</p>`],
])("a secret %s is replaced", ([, text]) => {
  const clean = scrub(text!, [secret]);
  expect(clean).toContain("***");
  expect(clean).not.toMatch(/w\/ord/);
});

test("JSON stays JSON, and everything else stays as it was", () => {
  const body = { password: secret, note: "kept", twice: [secret] };
  expect(JSON.parse(scrub(JSON.stringify(body), [secret]))).toEqual({ password: "***", note: "kept", twice: ["***"] });
});

test("a text without the secret, and a secret too short to be one, change nothing", () => {
  const text = `{"customer":"Anna"}`;
  expect(scrub(text, [secret, "a", ""])).toBe(text);
});
