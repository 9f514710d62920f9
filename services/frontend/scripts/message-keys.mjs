// Which keys the catalogue has, and which of them no file names.
import ts from "typescript";

const parse = (path, source) =>
  ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, path.endsWith("x") ? ts.ScriptKind.TSX : undefined);

/**
 * The keys of one table of the catalogue: "captions.title" for `export default { captions: { title: "..." } }`.
 * @param {string} source
 */
export function keysOf(source) {
  /** @type {string[]} */
  const keys = [];
  const visit = (node, before) => {
    if (!ts.isPropertyAssignment(node)) return ts.forEachChild(node, (child) => visit(child, before));
    const path = [...before, node.name.text];
    if (ts.isStringLiteralLike(node.initializer)) keys.push(path.join("."));
    else visit(node.initializer, path);
  };
  visit(parse("messages.ts", source), []);
  return keys;
}

/**
 * The keys that no string of these files is; a template stands for all that it may become, a part of a key for each value.
 * @param {readonly string[]} keys
 * @param {readonly { path: string, source: string }[]} files
 */
export function unusedKeys(keys, files) {
  const named = new Set();
  const patterns = new Set();
  const visit = (node) => {
    if (ts.isStringLiteralLike(node)) named.add(node.text);
    if (ts.isTemplateExpression(node)) patterns.add(patternOf(node));
    ts.forEachChild(node, visit);
  };
  for (const { path, source } of files) visit(parse(path, source));
  const made = [...patterns].filter((pattern) => /^\w+\\\./.test(pattern)).map((pattern) => new RegExp(`^${pattern}$`));
  return keys.filter((key) => !named.has(key) && !made.some((pattern) => pattern.test(key)));
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const patternOf = ({ head, templateSpans }) =>
  escaped(head.text) + templateSpans.map(({ literal }) => `\\w+${escaped(literal.text)}`).join("");
