// Builds the page into dist/, three files or so, which CMake embeds in the program.
import { defineConfig } from "vite";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: process.env.TIPOFF_DIST || "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0, // The content security policy allows files of this host only.
    modulePreload: { polyfill: false },
    target: "es2020",
  },
  // `npx vite` with a server running: the page from its sources, the API from there.
  server: { proxy: { "/v1": "http://127.0.0.1:8080", "/readyz": "http://127.0.0.1:8080" } },
});
