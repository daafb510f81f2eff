// Bundles and minifies: `node build.mjs FOLDER` writes page.min.js and page.min.css there.

import { build } from "esbuild";
import { join } from "node:path";

const out = process.argv[2];
const common = { bundle: true, minify: true, charset: "utf8", legalComments: "none", logLevel: "warning" };
const browsers = ["chrome120", "edge120", "firefox121", "safari17"];
await build({
  ...common, entryPoints: ["src/main.js"], format: "iife", target: browsers, outfile: join(out, "page.min.js"),
});
await build({ ...common, entryPoints: ["src/page.css"], target: browsers, outfile: join(out, "page.min.css") });
