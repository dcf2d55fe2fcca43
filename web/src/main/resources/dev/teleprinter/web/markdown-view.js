// SPDX-License-Identifier: Apache-2.0
import { enhance } from './enhance.js';
import { block, tokenize, withCaret } from './markdown.js';
import { patch } from './patch.js';
import { repair, WholeLines } from './repair.js';

/** @import { Node, Branch, Links } from './markdown.js' */

/** @type {Branch} */
export const CARET = { tag: 'span', attrs: { class: 'tp-caret', 'aria-hidden': 'true' }, children: [] };

/** Blocks that a longer text may still change: "1. a", blank line, "2" is a paragraph until "." comes. */
const UNSETTLED = 2;

/**
 * A growing markdown text as nodes. What can no longer change is parsed once and never again; only
 * the tail is parsed at each step, so that a long answer costs as little per step as a short one.
 */
export class GrowingMarkdown {
  /** @type {Node[]} One or more per settled block. */
  #settled = [];
  #settledChars = 0;
  /** @type {Links} */
  #links = {};

  /** How many of the nodes no longer change. */
  get settledNodes() {
    return this.#settled.length;
  }

  /** The text after what is settled: what the next step costs. */
  tailChars = 0;

  /**
   * The nodes of `text`, which begins with all that was given before.
   * @param {string} text @param {'live' | 'waiting' | 'ended'} phase
   * @returns {Node[]}
   */
  nodes(text, phase) {
    const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    if (phase === 'ended') return tokenize(source).flatMap(block); // the tail's view of links was partial
    const tail = source.slice(this.#settledChars);
    const tokens = tokenize(repair(tail), this.#links);
    const solid = tokens.flatMap((token, i) => (token.type === 'space' || token.type === 'def' ? [] : [i]));
    const settledTokens = tokens.slice(0, solid[solid.length - UNSETTLED] ?? 0);
    for (const token of settledTokens) {
      this.#settled.push(...block(token));
      this.#settledChars += token.raw.length;
    }
    this.tailChars = source.length - this.#settledChars;
    const rest = tokens.slice(settledTokens.length).flatMap(block);
    return withCaret([...this.#settled, ...rest], CARET);
  }
}

/** A growing markdown text in the document. Confined to its element. */
export class MarkdownView {
  #lines = new WholeLines();
  #markdown = new GrowingMarkdown();
  /** @type {Node[]} */
  #shown = [];
  #enhanced = 0;
  #root;

  /** @param {HTMLElement} root Its children are this view's. */
  constructor(root) {
    this.#root = root;
    root.replaceChildren();
  }

  /** Where the typewriter may stop. @param {string} text @param {number} cut */
  hold(text, cut) {
    return this.#lines.hold(text, cut);
  }

  /** How many characters the next step must parse. */
  get tailChars() {
    return this.#markdown.tailChars;
  }

  /** @param {string} text @param {'live' | 'waiting' | 'ended'} phase */
  show(text, phase) {
    const nodes = this.#markdown.nodes(text, phase);
    patch(this.#root, this.#shown, nodes);
    this.#shown = nodes;
    this.#enhance(phase === 'ended' ? nodes.length : nodes.length - 1);
    this.#enhanced = phase === 'ended' ? 0 : this.#markdown.settledNodes;
  }

  /** The blocks before `end` are whole; those that are settled were seen to before. */
  #enhance(/** @type {number} */ end) {
    for (let i = this.#enhanced; i < end; i++) {
      const child = this.#root.childNodes[i];
      if (child instanceof Element) enhance(child);
    }
  }
}
