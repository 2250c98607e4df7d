/** The catalogue is whole: no word of the interface elsewhere, none that nobody says, one word for one thing. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { strings } from "./strings";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What is generated, pretended or a test is not shown; the catalogue itself may hold sentences. */
const NOT_SHOWN = /(^|\/)strings\.ts$|\.test\.tsx?$|^mocks\/|^api\/schema\.ts$/;
/** Attributes and properties that a person reads or hears. */
const SAID = /^(aria-(label|description|roledescription|valuetext)|title|placeholder|label|alt|note|hint|help)$/;
const WORD = /\p{L}/u;
const TWO_WORDS = /\p{L}{2,} \p{L}{2,}/u;
/** Lines to type elsewhere, queries of style sheets, and keys: words for a machine. */
const FOR_MACHINES = /^(curl |signalbox |SIGNALBOX_| ?-[a-zA-Z-] ?|\(|color-mix)/;
const ATTRIBUTES_FOR_MACHINES = /^(className|rel|d)$/;

const sources = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => /\.tsx?$/.test(path) && !NOT_SHOWN.test(path));

const isText = (node: ts.Node): node is ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);

/** What a mistake of the program itself says is for its developer. */
const isThrown = (node: ts.Node): boolean => ts.isNewExpression(node.parent) && node.parent.expression.getText() === "Error";

function isSaid(node: ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail): boolean {
  const { parent } = node;
  if (FOR_MACHINES.test(node.text) || isThrown(node)) return false;
  if (ts.isJsxAttribute(parent) || ts.isPropertyAssignment(parent)) {
    const name = parent.name.getText();
    return SAID.test(name) ? WORD.test(node.text) : !ATTRIBUTES_FOR_MACHINES.test(name) && TWO_WORDS.test(node.text);
  }
  return TWO_WORDS.test(node.text);
}

function sentencesIn(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if ((ts.isJsxText(node) && WORD.test(node.text)) || (isText(node) && isSaid(node))) {
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.text.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

type Entry = { path: string; text: string };

/** Every sentence of the catalogue, with what its functions say of an example. */
function entries(value: unknown, path = ""): Entry[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value === "function") return [{ path, text: String((value as (...args: unknown[]) => unknown)(2, "2", "2", 2, 2)) }];
  return Object.entries(value as object).flatMap(([key, inner]) => entries(inner, path === "" ? key : `${path}.${key}`));
}

describe("the catalogue", () => {
  it("holds every sentence of the interface", () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap((path) => sentencesIn(path, readFileSync(ROOT + path, "utf8")))).toEqual([]);
  });

  it.each([
    ["const A = () => <p>Hello</p>;"],
    ["const A = () => <input placeholder='Name' />;"],
    ["const A = () => <b>{done ? 'all done' : x}</b>;"],
    ["const a = { id: 'x', label: 'Next', run };"],
    ["const a = (n) => `after ${n} it was gone`;"],
  ])("would notice %s", (source) => {
    expect(sentencesIn("sample.tsx", source)).toHaveLength(1);
  });

  it("says nothing that nobody shows", () => {
    const all = sources.map((path) => readFileSync(ROOT + path, "utf8")).join("\n");
    const unused = entries(strings).filter(({ path }) => {
      const [, ...names] = path.split(".");
      const [name, group] = [names.at(-1), names.at(-2)];
      // Taken by its name, out of a group by a value, or a group handed on whole.
      const taken = new RegExp(`\\.${name}\\b`).test(all);
      const chosen = group !== undefined && new RegExp(`\\.${group}(\\[|\\.map|\\)| as )`).test(all);
      return !taken && !chosen;
    });
    expect(unused.map(({ path }) => path)).toEqual([]);
  });

  it.each([
    ["engine", "worker"],
    ["folder", "directory"],
    ["masked", "redacted"],
    ["component", "part"],
  ])("never says “%s” for “%s”", (other) => {
    const word = new RegExp(`\\b${other}s?\\b`, "i");
    expect(entries(strings).filter(({ text }) => word.test(text))).toEqual([]);
  });
});
