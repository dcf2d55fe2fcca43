// SPDX-License-Identifier: Apache-2.0
import { Lexer } from './vendor/marked.js';
import { decodeEntities } from './entities.js';

/**
 * Markdown as a tree of plain values. A model's text is never trusted, so no HTML string exists at
 * any point: elements come only from the tokens named here, attributes only from this file, addresses only
 * with a known scheme, and HTML that the text contains is shown as the text it is, save a few tags
 * without attributes. Images of other places are links: loading one would tell a secret to whoever
 * made the model write it.
 */

/** @import { Token } from './vendor/marked.js' */
/** @typedef {{tag: string, attrs: Record<string, string>, children: Node[]}} Branch */
/** @typedef {Branch | string} Node A string is text. */
/** @typedef {Record<string, {href: string, title: string}>} Links Reference definitions, by label. */

/** Words in the page's language; a page may set them before it shows anything. */
export const labels = { copy: 'Copy', done: 'Done', notDone: 'Not done' };

const SCHEME = /^(https?|mailto):/i;
const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif);base64,[a-z0-9+/=]+$/i;
const PLAIN_TAG = /^<(\/?)(b|strong|i|em|u|s|del|ins|sub|sup|kbd|mark|small|q|var|samp)\s*>$/i;
const BLOCK_TAGS = ['blockquote', 'li', 'ol', 'p', 'td', 'ul'];

/** A formula is whole or none: without a blank line in it, and closed. */
const FORMULA = /^(?:\$\$((?:(?!\n\s*\n)[^])+?)\$\$|\\\[((?:(?!\n\s*\n)[^])+?)\\\]|\\\(([^\n]+?)\\\))/;

/** @param {string} source @returns {Token | undefined} */
function formula(source) {
  const [raw, dollars, brackets, inline] = FORMULA.exec(source) ?? [];
  if (!raw) return undefined;
  const text = (dollars ?? brackets ?? inline).trim();
  return text ? { type: 'math', raw, text, display: inline === undefined } : undefined;
}

const EXTENSIONS = {
  block: [
    (/** @type {string} */ source) => {
      const [lead] = /^ {0,3}/.exec(source) ?? [''];
      const found = formula(source.slice(lead.length));
      const [after] = /^[ \t]*(?:\n+|$)/.exec(source.slice(lead.length + (found?.raw.length ?? 0))) ?? [];
      return found?.display && after !== undefined ? { ...found, raw: lead + found.raw + after } : undefined;
    },
  ],
  startBlock: [(/** @type {string} */ source) => source.search(/\n {0,3}(?:\$\$|\\\[)/) + 1 || -1],
  inline: [formula],
  startInline: [(/** @type {string} */ source) => source.search(/\$\$|\\[[(]/)],
};

/** @param {string} text @param {Links} [links] Known beforehand; those of `text` are added. */
export function tokenize(text, links = {}) {
  const lexer = new Lexer({ gfm: true, breaks: false, extensions: EXTENSIONS });
  lexer.tokens.links = links;
  return /** @type {Token[]} */ (lexer.lex(text));
}

/** The nodes of a block token; none for blank lines and definitions. @returns {Node[]} */
export function block(/** @type {Token} */ token) {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'heading':
      return [textual(`h${token.depth ?? 1}`, inline(token.tokens))];
    case 'paragraph':
      return [textual('p', inline(token.tokens))];
    case 'text': // the content of a tight list item
      return token.tokens ? inline(token.tokens) : [plain(token)];
    case 'code':
      return [code(token)];
    case 'blockquote':
      return [textual('blockquote', blocks(token.tokens))];
    case 'list':
      return [list(token)];
    case 'table':
      return [table(token)];
    case 'hr':
      return [node('hr')];
    case 'checkbox':
      return [checkbox(token)];
    case 'math':
      return [node('div', { class: 'math', dir: 'ltr' }, [token.text ?? ''])];
    case 'html':
      return /^\s*<!--[^]*-->\s*$/.test(token.raw) ? [] : [textual('p', [token.raw.trimEnd()])];
    default:
      return [token.raw];
  }
}

/** @param {Token[] | undefined} tokens @returns {Node[]} */
function blocks(tokens = []) {
  return joined(tokens.flatMap(block));
}

/** @param {Token[] | undefined} tokens @returns {Node[]} */
function inline(tokens = []) {
  const open = [node('')];
  for (const token of tokens) {
    const [, slash, tag] = (token.type === 'html' && PLAIN_TAG.exec(token.raw)) || [];
    const top = open[open.length - 1];
    if (tag && !slash) {
      const child = node(tag.toLowerCase());
      top.children.push(child);
      open.push(child);
    } else if (tag && tag.toLowerCase() === top.tag) {
      open.pop();
    } else {
      top.children.push(...span(token));
    }
  }
  return joined(open[0].children);
}

/** @returns {Node[]} */
function span(/** @type {Token} */ token) {
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [node(token.type, {}, inline(token.tokens))];
    case 'codespan':
      return [node('code', { dir: 'ltr' }, [token.text ?? ''])];
    case 'br':
      return [node('br')];
    case 'link':
      return [link(token.href ?? '', token.title, inline(token.tokens))];
    case 'image':
      return [image(token)];
    case 'checkbox':
      return [checkbox(token)];
    case 'html':
      return [/^<br\s*\/?>$/i.test(token.raw) ? node('br') : token.raw];
    case 'math':
      return [node('span', { class: 'math', dir: 'ltr', ...(token.display && { 'data-display': '' }) }, [token.text ?? ''])];
    case 'escape':
      return [token.text ?? ''];
    default:
      return token.tokens ? inline(token.tokens) : [plain(token)];
  }
}

/** @returns {Node} */
function link(/** @type {string} */ href, /** @type {string | null | undefined} */ title, /** @type {Node[]} */ children) {
  if (!SCHEME.test(href)) return node('span', {}, children);
  /** @type {Record<string, string>} */
  const attrs = { href, target: '_blank', rel: 'noopener noreferrer nofollow' };
  if (title) attrs.title = title;
  return node('a', attrs, children);
}

/** @returns {Node} */
function image(/** @type {Token} */ { href = '', text = '', title }) {
  if (PICTURE.test(href)) return node('img', { src: href, alt: text });
  return link(href, title ?? href, [`🖼 ${text || href}`]);
}

/** @returns {Node} */
function code(/** @type {Token} */ { lang = '', text = '' }) {
  const [language = ''] = /^[\w+#.-]+/.exec(lang ?? '') ?? [];
  return node('figure', { class: 'code', dir: 'ltr' }, [
    node('figcaption', {}, [node('span', {}, [language]), node('button', { type: 'button', 'data-copy': '' }, [labels.copy])]),
    node('pre', { tabindex: '0' }, [node('code', { 'data-language': language }, text ? [text] : [])]),
  ]);
}

/** @returns {Node} */
function list(/** @type {Token} */ { ordered, start, items = [] }) {
  /** @type {Record<string, string>} */
  const attrs = ordered && start !== 1 ? { start: String(start) } : {};
  const children = items.map((item) => {
    const content = blocks(item.tokens);
    return textual('li', content, item.task ? { class: 'task' } : {});
  });
  return textual(ordered ? 'ol' : 'ul', children, attrs);
}

/** @returns {Node} */
function checkbox(/** @type {Token} */ { checked }) {
  const label = checked ? labels.done : labels.notDone;
  return node('input', { type: 'checkbox', disabled: '', 'aria-label': label, ...(checked ? { checked: '' } : {}) });
}

/** @returns {Node} */
function table(/** @type {Token} */ { header = [], rows = [], align = [] }) {
  /** @param {'th' | 'td'} tag @param {{tokens: Token[]}[]} cells */
  const row = (tag, cells) =>
    node('tr', {}, cells.map(({ tokens }, i) => {
      const side = align[i];
      return textual(tag, inline(tokens), side ? { class: side } : {});
    }));
  const head = node('thead', {}, [row('th', header)]);
  const body = rows.length > 0 ? [node('tbody', {}, rows.map((cells) => row('td', cells)))] : [];
  return node('div', { class: 'table', tabindex: '0' }, [node('table', {}, [head, ...body])]);
}

/** @returns {string} */
function plain(/** @type {Token} */ { text, raw, escaped }) {
  return escaped ? raw : decodeEntities(text ?? raw);
}

/** An element of text that finds its own direction. */
function textual(/** @type {string} */ tag, /** @type {Node[]} */ children, /** @type {Record<string, string>} */ attrs = {}) {
  return node(tag, { dir: 'auto', ...attrs }, children);
}

/** @param {string} tag @param {Record<string, string>} [attrs] @param {Node[]} [children] @returns {Branch} */
function node(tag, attrs = {}, children = []) {
  return { tag, attrs, children };
}

/** Neighbouring texts as one, so that a growing text stays the same text node. @returns {Node[]} */
function joined(/** @type {Node[]} */ nodes) {
  /** @type {Node[]} */
  const result = [];
  for (const next of nodes) {
    const last = result[result.length - 1];
    if (typeof next === 'string' && typeof last === 'string') result[result.length - 1] = last + next;
    else if (next !== '') result.push(next);
  }
  return result;
}

/** The same nodes with `caret` where the next character will be printed. @returns {Node[]} */
export function withCaret(/** @type {Node[]} */ nodes, /** @type {Branch} */ caret) {
  const last = nodes[nodes.length - 1];
  if (last === undefined || typeof last === 'string') return [...nodes, caret];
  const goesInside = BLOCK_TAGS.includes(last.tag) || /^(h[1-6]|figure|pre|div|table|thead|tbody|tr|th)$/.test(last.tag);
  const inCode = last.tag === 'code' && 'data-language' in last.attrs;
  if (!goesInside && !inCode) return [...nodes, caret];
  return [...nodes.slice(0, -1), { ...last, children: withCaret(last.children, caret) }];
}
