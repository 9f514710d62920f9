// Finds text for people that is written in the code instead of in the catalogue, src/messages. Without a type checker a
// text can only be told by its looks and its place, so what is code by either is listed here.
import ts from "typescript";

/** Props of elements that a person reads: not even one word may stand in them. */
const TEXT_ATTRIBUTES = new Set([
  "alt",
  "aria-description",
  "aria-label",
  "aria-placeholder",
  "aria-roledescription",
  "aria-valuetext",
  "help",
  "label",
  "placeholder",
  "title",
  "unit",
]);

/** The same of objects, errors among them. */
const TEXT_PROPERTIES = new Set(["hint", "label", "message", "text", "title"]);

/** Props whose values are code, whatever they look like. */
const CODE_PROPS = /^(class|className|style|queryKey|mutationKey|d|href|key|viewBox|dangerouslySetInnerHTML|data-.*)$/;

/** Texts that are code: keys of the catalogue, commands, media queries, scripts. */
const CODE = [/^\w+(\.\w+)+$/, /^make demo$/, /^\([a-z-]+: [^)]+\)$/, /^\(function\b/];

/** A class list: nothing but lower case, at least half of it with a dash, a colon or a bracket in it. */
function isClassList(text) {
  const tokens = text.split(/\s+/).filter(Boolean);
  const marked = tokens.filter((token) => /[-:[\]]/.test(token));
  return tokens.every((token) => /^[a-z0-9!_\-:/.,%#&>*=+'()[\]]+$/.test(token)) && marked.length * 2 >= tokens.length;
}

/** The static text of a string or template, U+FFFC for each value in it; undefined for other nodes. */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isJsxText(node)) return node.text.replace(/&\w+;/g, " ").trim();
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `\uFFFC${literal.text}`).join("");
}

const hasWord = (text) => /\p{L}/u.test(text);
const isWord = (token) => /^[“‘"'(]*\p{L}[\p{L}’'-]+[.,:;!?…”’"')]*$/u.test(token);

/** Whether a text in no particular place reads as a sentence: two words, or one beside a value, or one with a capital. */
function readsAsText(text) {
  if (isClassList(text.replaceAll("\uFFFC", ""))) return false;
  const tokens = text.split(/\s+/).filter(Boolean);
  const words = tokens.filter(isWord).length;
  return words > 1 || (words === 1 && tokens.length > 1) || /^\p{Lu}\p{Ll}+[.!?…]?$/u.test(text);
}

const propName = (node) => (node.name ? node.name.getText().replace(/^["']|["']$/g, "") : "");

/** Whether the node is the operand of a comparison, an argument, a key or a type: text that only code reads. */
function isRead(node) {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) return /^([!=]==?|in)$/.test(parent.operatorToken.getText());
  if (ts.isCaseClause(parent) || ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent)) return true;
  if (ts.isNewExpression(parent)) return parent.expression.getText() === "Error";
  if (ts.isExpressionStatement(parent)) return true; // "use client"
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node;
}

/**
 * The texts for people in one file, each with its line.
 * @param {string} path
 * @param {string} source
 */
export function literalsIn(path, source) {
  const kind = path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, kind);
  /** @type {{ line: number, text: string }[]} */
  const found = [];

  /** `place`: "shown" where a person reads it, "code" where nobody does, else "". */
  const visit = (node, place) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    const text = textOf(node);
    if (text !== undefined) {
      const bad = place === "shown" || ts.isJsxText(node) ? hasWord(text) : readsAsText(text);
      if (bad && place !== "code" && !isRead(node) && !CODE.some((pattern) => pattern.test(text))) {
        found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text });
      }
    }
    ts.forEachChild(node, (child) => visit(child, placeOf(node, child, place)));
  };

  visit(file, "");
  return found;
}

/** Where a child of a node stands. */
function placeOf(node, child, place) {
  if (place === "code") return place;
  if (ts.isJsxAttribute(node) || ts.isPropertyAssignment(node)) {
    const name = propName(node);
    if (CODE_PROPS.test(name)) return "code";
    const shown = ts.isJsxAttribute(node) ? TEXT_ATTRIBUTES : TEXT_PROPERTIES;
    return shown.has(name) && child !== node.name ? "shown" : "";
  }
  if (ts.isJsxElement(node) || ts.isJsxFragment(node)) return ts.isJsxExpression(child) ? "shown" : "";
  if (ts.isJsxExpression(node) || ts.isParenthesizedExpression(node) || ts.isTemplateSpan(node)) return place;
  if (ts.isTemplateExpression(node)) return place;
  if (ts.isConditionalExpression(node)) return child === node.condition ? "" : place;
  if (ts.isBinaryExpression(node)) return /^(&&|\|\||\?\?|\+)$/.test(node.operatorToken.getText()) ? place : "";
  return "";
}
