// Writes ui/src/api/schema.ts from docs/openapi.json; with --check only compares.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const DOCUMENT = new URL("../docs/openapi.json", import.meta.url);
const SCHEMA = new URL("src/api/schema.ts", import.meta.url);

const made = COMMENT_HEADER + astToString(await openapiTS(await readFile(DOCUMENT, "utf8")));
if (process.argv.includes("--check")) {
  if ((await readFile(SCHEMA, "utf8")) !== made) {
    process.stderr.write("ui/src/api/schema.ts is not what docs/openapi.json says. Run: npm run gen:api\n");
    process.exitCode = 1;
  }
} else {
  await writeFile(SCHEMA, made);
}
