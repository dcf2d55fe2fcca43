// SPDX-License-Identifier: Apache-2.0
import { block, tokenize, withCaret } from './markdown.js';
import { endsInFence, repair } from './repair.js';

/** @import { Node, Branch, Links } from './markdown.js' */
/** @import { Token } from './vendor/marked.js' */
/**
 * A list or table at the end whose first rows are settled, while more come. `head` is what the text
 * after them needs before it to be read as going on: a table's first two lines, a row that loosens a list.
 * @typedef {{head: string, skip: number, node: Branch, rows: Node[], chars: number}} Open
 *   `node`: it with its first rows; `skip`: how many rows `head` makes; `chars`: how much of the text is settled in `rows`.
 */

/** @type {Branch} */
export const CARET = { tag: 'span', attrs: { class: 'tp-caret', 'aria-hidden': 'true' }, children: [] };

/** Blocks that a longer text may still change: "1. a", blank line, "2" is a paragraph until "." comes. */
const UNSETTLED = 2;
/** A block of so many characters is what it is; of a list or table all rows but the last two settle. */
const LONG_CHARS = 2000;
/** A paragraph, quotation or table of so many characters is shown as several. */
const PIECE_CHARS = 16_000;

/**
 * A growing markdown text as nodes. What can no longer change is parsed once and never again; only
 * the tail is parsed at each step, so that a long answer costs as little per step as a short one, also
 * if all of it is one list, one table or one paragraph.
 */
export class GrowingMarkdown {
  /** @type {Node[]} One or more per settled block. */
  #settled = [];
  #settledChars = 0;
  /** @type {Open | undefined} */
  #open;
  /** @type {Links} */
  #links = {};

  /** How many of the nodes no longer change, and how many characters they are. */
  settledNodes = 0;
  settledChars = 0;

  /** The text after what is settled: what the next step costs. */
  tailChars = 0;

  /** Whether what was settled stands as the whole text would have it. */
  get isSettledRight() {
    return Object.keys(this.#links).length === 0;
  }

  /**
   * The nodes of `text`, which begins with all that was given before.
   * @param {string} text @param {'live' | 'waiting' | 'ended'} phase
   * @returns {Node[]}
   */
  nodes(text, phase) {
    const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    if (phase === 'ended') return this.#whole(source);
    const tokens = this.#settle(this.#parse(source, repair));
    const nodes = [...this.#settled, ...this.#blocks(tokens)];
    this.settledNodes = this.#settled.length;
    this.settledChars = this.#settledChars - (this.#open?.chars ?? 0);
    this.#settleWithin(source, tokens); // for the next step
    this.tailChars = source.length - this.#settledChars;
    return withCaret(nodes, CARET);
  }

  /** A definition at the end makes links of what was settled as text before: then all is parsed again. */
  #whole(/** @type {string} */ source) {
    const rest = this.#blocks(this.#parse(source));
    return this.isSettledRight ? [...this.#settled, ...rest] : tokenize(source).flatMap(block);
  }

  #tail(/** @type {string} */ source) {
    return (this.#open?.head ?? '') + source.slice(this.#settledChars);
  }

  /** Blocks that are followed by enough others. Returns the tokens of the rest. */
  #settle(/** @type {Token[]} */ tokens) {
    const solid = tokens.flatMap((token, i) => (token.type === 'space' || token.type === 'def' ? [] : [i]));
    const isLong = (tokens[solid[solid.length - 1]]?.raw.length ?? 0) > LONG_CHARS;
    const settled = tokens.slice(0, solid[solid.length - (isLong ? 1 : UNSETTLED)] ?? 0);
    if (settled.length === 0) return tokens;
    this.#settled.push(...this.#blocks(settled));
    this.#settledChars += settled.reduce((sum, { raw }) => sum + raw.length, 0) - (this.#open?.head.length ?? 0);
    this.#open = undefined;
    return tokens.slice(settled.length);
  }

  /** A blank line between rows loosens those that are settled too: then they are read once more. @param {string} source @param {(text: string) => string} mend */
  #parse(source, mend = (text) => text) {
    const tokens = tokenize(mend(this.#tail(source)), this.#links);
    if (!this.#open || this.#open.head || !tokens[0]?.loose) return tokens;
    this.#settledChars -= this.#open.chars;
    this.#open = undefined;
    return tokenize(mend(this.#tail(source)), this.#links);
  }

  /** The nodes of tokens, the first of which may go on an open block. @param {Token[]} tokens @returns {Node[]} */
  #blocks(tokens) {
    const nodes = tokens.flatMap(block);
    if (!this.#open) return nodes;
    const [first, ...others] = /** @type {Branch[]} */ (nodes);
    const { node, rows, skip } = this.#open;
    if (first?.tag !== node.tag) return [withRows(node, rows), ...nodes]; // it ended there
    return [withRows(node, [...rows, ...rowsOf(first).slice(skip)]), ...others];
  }

  /** Settles what a long last block begins with. */
  #settleWithin(/** @type {string} */ source, /** @type {Token[]} */ tokens) {
    const [first, second] = tokens.filter(({ type }) => type !== 'space');
    if (second || !first) return;
    if (first.type === 'list' || first.type === 'table') this.#settleRows(source, first);
    else if (first.type === 'paragraph' || first.type === 'blockquote') this.#settlePiece(source, first);
  }

  /** All rows but the last two. */
  #settleRows(/** @type {string} */ source, /** @type {Token} */ token) {
    const table = token.type === 'table';
    const { head, raws, skip } = table ? tableRows(token) : listRows(token);
    const had = this.#open?.skip ?? 0;
    const rowsChars = raws.slice(had, -2).join('').length;
    if (rowsChars < LONG_CHARS || head === undefined) return;
    const [part] = /** @type {Branch[]} */ (block(token));
    const before = this.#open ?? { node: part, rows: [], chars: 0 };
    const rows = [...before.rows, ...rowsOf(part).slice(had, -2)];
    const [blank] = /^(?:[ \t]*\n)*/.exec(source.slice(this.#settledChars)) ?? [''];
    const chars = rowsChars + (this.#open ? 0 : blank.length + (table ? head.length : 0));
    this.#settledChars += chars;
    this.#open = { ...before, head, skip, rows, chars: before.chars + chars };
    if (table && this.#open.chars > PIECE_CHARS) {
      this.#settled.push(withRows(part, rows));
      this.#open = { ...this.#open, rows: [], chars: 0 };
    }
  }

  /** A paragraph or quotation that never ends goes on in another one. */
  #settlePiece(/** @type {string} */ source, /** @type {Token} */ token) {
    const tail = source.slice(this.#settledChars);
    if (tail.length < PIECE_CHARS) return;
    const quoted = token.type === 'blockquote';
    const end = quoted ? tail.lastIndexOf('\n>') + 1 : Math.max(...['\n', ' ', '。'].map((mark) => tail.lastIndexOf(mark))) + 1;
    const piece = tail.slice(0, end);
    if (end < PIECE_CHARS / 2 || endsInFence(piece)) return;
    this.#settled.push(...tokenize(repair(piece), this.#links).flatMap(block));
    this.#settledChars += end;
  }
}

/** @param {Token} token */
function tableRows({ raw }) {
  const [header, rule, ...raws] = raw.trimEnd().split('\n').map((line) => line + '\n');
  return { head: header + rule, raws, skip: 0 };
}

/** @param {Token} token */
function listRows({ items = [], loose }) {
  const raws = items.map(({ raw }) => raw);
  const [marker] = /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+/.exec(raws.at(-2) ?? '') ?? [];
  return { head: loose ? marker && `${marker}x\n\n` : '', raws, skip: loose ? 1 : 0 };
}

/** The rows of a list or table. @param {Branch} node @returns {Node[]} */
function rowsOf(node) {
  if (node.tag !== 'div') return node.children;
  const [table] = /** @type {Branch[]} */ (node.children);
  const [, body] = /** @type {Branch[]} */ (table.children);
  return body?.children ?? [];
}

/** @param {Branch} node @param {Node[]} rows @returns {Branch} */
function withRows(node, rows) {
  if (node.tag !== 'div') return { ...node, children: rows };
  const [table] = /** @type {Branch[]} */ (node.children);
  const body = { tag: 'tbody', attrs: {}, children: rows };
  return { ...node, children: [{ ...table, children: [table.children[0], body] }] };
}
