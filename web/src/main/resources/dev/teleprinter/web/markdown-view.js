// SPDX-License-Identifier: Apache-2.0
import { enhance } from './enhance.js';
import { block, tokenize, withCaret } from './markdown.js';
import { patch } from './patch.js';
import { repair, WholeLines } from './repair.js';

/** @import { Node, Branch, Links } from './markdown.js' */

/** @type {Branch} */
export const CARET = { tag: 'span', attrs: { class: 'tp-caret', 'aria-hidden': 'true' }, children: [] };

const PART_NODES = 24;
const FLUSH = /^(p|ul|ol|blockquote|figure|div)$/;

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
    const tail = source.slice(this.#settledChars);
    if (phase === 'ended') return this.#whole(source, tail);
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

  /** A definition at the end makes links of what was settled as text before: then all is parsed again. */
  #whole(/** @type {string} */ source, /** @type {string} */ tail) {
    const rest = tokenize(tail, this.#links).flatMap(block);
    return this.isSettledRight ? [...this.#settled, ...rest] : tokenize(source).flatMap(block);
  }

  /** Whether what was settled stands as the whole text would have it. */
  get isSettledRight() {
    return Object.keys(this.#links).length === 0;
  }
}

/**
 * A growing markdown text in the document. Settled blocks are put away in parts, each contained and,
 * out of view, not even laid out: a browser then minds only the last part, however long the text is.
 * Confined to its element.
 */
export class MarkdownView {
  #lines = new WholeLines();
  #markdown = new GrowingMarkdown();
  /** @type {Node[]} What the last part shows. */
  #shown = [];
  #root;
  /** @type {HTMLElement} */ #part;
  #putAway = 0; // nodes in the parts before the last one
  #enhanced = 0;

  /** @param {HTMLElement} root Its children are this view's. */
  constructor(root) {
    this.#root = root;
    root.replaceChildren();
    this.#part = this.#newPart();
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
    const ended = phase === 'ended';
    const nodes = this.#markdown.nodes(text, phase);
    if (ended && !this.#markdown.isSettledRight) this.#startOver();
    const shown = nodes.slice(this.#putAway);
    patch(this.#part, this.#shown, shown);
    this.#shown = shown;
    this.#enhance(ended ? shown.length : shown.length - 1);
    this.#enhanced = ended ? 0 : this.#markdown.settledNodes - this.#putAway;
    if (!ended && this.#enhanced >= PART_NODES) this.#putPartAway();
  }

  /** The blocks before `end` are whole; those that were settled before were seen to. */
  #enhance(/** @type {number} */ end) {
    for (let i = this.#enhanced; i < end; i++) {
      const child = this.#part.childNodes[i];
      if (child instanceof Element) enhance(child);
    }
  }

  /** A new part begins where margins do not collapse, so that nothing moves. */
  #putPartAway() {
    let at = this.#enhanced;
    for (let next = this.#shown[at]; typeof next === 'string' || !FLUSH.test(next?.tag ?? ''); next = this.#shown[at]) {
      if (--at < PART_NODES / 2) return; // another time
    }
    const rest = [...this.#part.childNodes].slice(at);
    this.#part.classList.add('tp-away');
    this.#part = this.#newPart();
    this.#part.append(...rest);
    this.#shown = this.#shown.slice(at);
    this.#putAway += at;
    this.#enhanced -= at;
  }

  #startOver() {
    this.#root.replaceChildren();
    this.#part = this.#newPart();
    this.#shown = [];
    this.#putAway = this.#enhanced = 0;
  }

  #newPart() {
    const part = document.createElement('div');
    part.className = 'tp-part';
    this.#root.append(part);
    return part;
  }
}
