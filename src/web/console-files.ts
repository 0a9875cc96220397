import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { Hono } from "hono";
import type { Random } from "../lib/random.ts";
import { contentSecurityPolicy } from "./security.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const notBuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ml-connector</title></head><body>
<h1>The console has not been built</h1>
<p>Run <code>npm run build:console</code> in the folder of ml-connector, then restart it and load this page again.</p>
<p>The API under <code>/api/v1</code> and the <code>ml-connector</code> command work without it.</p>
</body></html>`;

/**
 * The console's built files. Only what is in the folder at the start is served, by its exact name, so that no path leads
 * out of it. Every other page address gets `index.html`: the console finds its screen by itself.
 */
export function consoleFiles(folder: string | undefined, random: Random): Hono {
  const app = new Hono();
  const files = folder === undefined ? new Map<string, string>() : listFiles(folder);

  app.get("*", async (c) => {
    const file = files.get(c.req.path);
    if (file !== undefined && c.req.path !== "/index.html") {
      // Vite puts the content's hash into the names under /assets/.
      const isHashed = c.req.path.startsWith("/assets/");
      return c.body(await readFile(file), 200, {
        "content-type": types[extname(file)] ?? "application/octet-stream",
        "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
      });
    }
    if (!(c.req.header("accept") ?? "").includes("text/html")) return c.notFound();
    const index = files.get("/index.html");
    if (index === undefined) return c.html(notBuilt, 404);
    const nonce = Buffer.from(random.bytes(16)).toString("base64url");
    const page = (await readFile(index, "utf8")).replace(
      "<head>",
      `<head>\n    <meta name="style-nonce" content="${nonce}" />`,
    );
    return c.html(page, 200, {
      "content-security-policy": contentSecurityPolicy(nonce),
      "cache-control": "no-cache",
    });
  });
  return app;
}

function listFiles(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [
        file
          .slice(folder.replace(/[/\\]+$/, "").length)
          .split(sep)
          .join("/"),
        file,
      ];
    }),
  );
}
