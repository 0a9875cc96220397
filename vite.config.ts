import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/**
 * The console: static files under `dist/console`, served by the service itself. Everything it loads comes
 * from its own origin and nothing is inlined, so that a strict content security policy holds.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, "src/console"),
  base: "/",
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, "dist/console"),
    emptyOutDir: true,
    // A `data:` image would be refused by `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
  },
  // `npx vite` while working on the console: the pages come from Vite, the answers from a running service.
  server: { proxy: { "/api": "http://127.0.0.1:4400", "/demo": "http://127.0.0.1:4400" } },
});
