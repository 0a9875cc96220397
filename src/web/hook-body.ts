const deepest = 8;
/** Of a hook of ShipStation, which has two. */
const fewKeys = 50;
const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

/**
 * A hook's body: one small JSON object. Undefined for anything else: no JSON, too deep, too many keys, a key that could
 * reach a prototype, or a key given twice (two readers would see two different bodies; threat T6).
 */
export function parseHookBody(text: string, mostKeys = fewKeys): Record<string, unknown> | undefined {
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

/** The body as text, as `readBytesUpTo` gives it. */
export async function readUpTo(request: Request, most: number): Promise<string | undefined> {
  return (await readBytesUpTo(request, most))?.toString("utf8");
}

/** The body as it came; undefined as soon as it is longer than `most` bytes, whatever its headers say. */
export async function readBytesUpTo(request: Request, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return undefined;
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > most) {
      void reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
}

/** Said of the request alone, before any token is looked at. */
export const isJson = (contentType: string | undefined): boolean =>
  /^application\/json\s*(;|$)/i.test(contentType ?? "");
