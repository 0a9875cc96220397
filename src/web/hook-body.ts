const deepest = 8;
const mostKeys = 50;
const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

/**
 * A hook's body: one small JSON object. Undefined for anything else: no JSON, too deep, too many keys, a key that could
 * reach a prototype, or a key given twice (two readers would see two different bodies; threat T6).
 */
export function parseHookBody(text: string): Record<string, unknown> | undefined {
  let keys = 0;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;

  function isHarmless(value: unknown, depth: number): boolean {
    if (typeof value !== "object" || value === null) return true;
    if (depth > deepest) return false;
    if (Array.isArray(value)) return value.every((each) => isHarmless(each, depth + 1));
    return Object.entries(value).every(([key, each]) => {
      keys += 1;
      return keys <= mostKeys && !refusedKeys.has(key) && isHarmless(each, depth + 1);
    });
  }
  // JSON.parse keeps the last of two equal keys, so that the text then has more keys than the object.
  return isHarmless(body, 1) && keysIn(text) === keys ? body : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys in a text that is known to be JSON: outside of strings a colon stands after each key, and nowhere else. */
function keysIn(json: string): number {
  return [...json.replace(/"(?:[^"\\]|\\.)*"/g, "").matchAll(/:/g)].length;
}
