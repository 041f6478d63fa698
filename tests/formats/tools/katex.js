// Reads formulas from standard input, a JSON list of [text, isDisplay]; prints those that KaTeX refuses, as JSON.
const katex = require(process.argv[2]);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const refused = [];
for (const [text, displayMode] of formulas) {
  try {
    katex.renderToString(text, { displayMode, throwOnError: true, strict: (code) => (code === "unknownSymbol" ? "ignore" : "error"), trust: false });
  } catch (error) {
    refused.push([text, String(error.message)]);
  }
}
process.stdout.write(JSON.stringify(refused));
