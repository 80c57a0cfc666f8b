// Writes the built page as a C++ source: embed.mjs DIST OUTPUT. See src/app/dashboard.h.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const BYTES_MAX = 150_000; // Compressed, all together: what a phone on a slow network loads.

const [dist, output] = process.argv.slice(2);
const paths = ["/", ...readdirSync(join(dist, "assets")).sort().map((name) => `/assets/${name}`)];
const foreign = /\b(?:https?:)?\/\/(?!www\.w3\.org\/)[a-z0-9-]+\.[a-z]/i;

let text = '#include "app/dashboard.h"\n\n#include <array>\n\nnamespace tipoff {\nnamespace {\n\n';
let files = "";
let total = 0;
const array = (name, bytes) => {
  const lines = [];
  for (let n = 0; n < bytes.length; n += 32) lines.push(bytes.subarray(n, n + 32).join(","));
  return `constexpr unsigned char ${name}[] = {\n${lines.join(",\n")}};\n`;
};
paths.forEach((path, n) => {
  const plain = readFileSync(join(dist, path === "/" ? "index.html" : path));
  const type = TYPES[extname(path) || ".html"];
  if (!type) throw new Error(`${path}: which content type has that?`);
  if (/\.(html|css)$/.test(path === "/" ? "x.html" : path) && foreign.test(plain.toString())) {
    throw new Error(`${path} names another host`);
  }
  const gzip = gzipSync(plain, { level: 9 });
  total += gzip.length;
  const etag = createHash("sha256").update(plain).digest("hex").slice(0, 20);
  text += array(`kPlain${n}`, plain) + array(`kGzip${n}`, gzip);
  files += `    PageFile{"${path}", "${type}", "\\"${etag}\\"", Text(kPlain${n}), Text(kGzip${n})},\n`;
});
if (total > BYTES_MAX) throw new Error(`the page has ${total} bytes, at most ${BYTES_MAX}`);
text += `
template <std::size_t kSize>
std::string_view Text(const unsigned char (&bytes)[kSize]) {
  return {reinterpret_cast<const char*>(bytes), kSize};
}

}  // namespace

std::span<const PageFile> DashboardFiles() {
  static const std::array files = {
${files}  };
  return files;
}

}  // namespace tipoff
`;
writeFileSync(output, text);
