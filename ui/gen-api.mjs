// Writes ui/src/api/schema.ts from docs/openapi.json; with --check only compares.
//
// Operation ids are left out: the client goes by path and method, and without ids every operation is
// written in place, where a reader of the generated file expects it.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const DOCUMENT = new URL("../docs/openapi.json", import.meta.url);
const SCHEMA = new URL("src/api/schema.ts", import.meta.url);

const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
for (const path of Object.values(document.paths)) {
  for (const operation of Object.values(path)) delete operation.operationId;
}
const made = COMMENT_HEADER + astToString(await openapiTS(document));
if (process.argv.includes("--check")) {
  if ((await readFile(SCHEMA, "utf8")) !== made) {
    process.stderr.write("ui/src/api/schema.ts is not what docs/openapi.json says. Run: npm run gen:api\n");
    process.exitCode = 1;
  }
} else {
  await writeFile(SCHEMA, made);
}
