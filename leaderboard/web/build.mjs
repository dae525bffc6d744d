// Bundles libraries.mjs into one classic script, and writes the licences of what went into it.
import { readFileSync, writeFileSync, readdirSync } from "node:fs";
import { build, version } from "esbuild";

const ASSETS = "../gonerd_leaderboard/assets/";
const result = await build({
  entryPoints: ["libraries.mjs"],
  bundle: true,
  format: "iife",
  globalName: "libraries",
  target: "es2022",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
  write: false,
});

// Only packages of which some byte is in the bundle.
const [output] = Object.values(result.metafile.outputs);
const names = new Set();
for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
  const name = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
  if (name && bytesInOutput > 0) names.add(name);
}

const packages = [...names].sort().map((name) => {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!file) throw new Error(`${name} has no file with its licence`);
  return { name, version: about.version, license: about.license, text: readFileSync(`${folder}/${file}`, "utf8").trim() };
});

const list = packages.map(({ name, version }) => `${name} ${version}`);
const head = `/* Bundled by esbuild ${version} from leaderboard/web; licences in LICENSES.txt.\n${list.map((line) => `   ${line}\n`).join("")}*/\n`;
writeFileSync(`${ASSETS}libraries.js`, head + result.outputFiles[0].text);

const rule = "-".repeat(80);
const texts = packages.map(({ name, version, license, text }) => `${rule}\n${name} ${version} (${license})\n${rule}\n\n${text}\n`);
writeFileSync(`${ASSETS}LICENSES.txt`, `Packages in libraries.js, each with its licence.\n\n${list.join("\n")}\n\n${texts.join("\n")}`);
