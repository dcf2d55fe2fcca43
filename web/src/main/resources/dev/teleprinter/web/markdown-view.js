// SPDX-License-Identifier: Apache-2.0
import { enhance } from './enhance.js';
import { GrowingMarkdown } from './growing-markdown.js';
import { patch } from './patch.js';
import { WholeLines } from './repair.js';

/** @import { Node } from './markdown.js' */

/** So much is a part. */
const PART_NODES = 24;
const PART_CHARS = 8000;
const FLUSH = /^(p|ul|ol|blockquote|figure|div)$/;

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
  #putAwayChars = 0;
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
    const isFull = this.#enhanced >= PART_NODES || this.#markdown.settledChars - this.#putAwayChars >= PART_CHARS;
    if (!ended && isFull && this.#enhanced > 0) this.#putPartAway();
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
      if (--at < 1) return; // another time
    }
    const rest = [...this.#part.childNodes].slice(at);
    this.#part.classList.add('tp-away');
    this.#part = this.#newPart();
    this.#part.append(...rest);
    this.#shown = this.#shown.slice(at);
    this.#putAway += at;
    this.#putAwayChars = this.#markdown.settledChars;
    this.#enhanced -= at;
  }

  #startOver() {
    this.#root.replaceChildren();
    this.#part = this.#newPart();
    this.#shown = [];
    this.#putAway = this.#putAwayChars = this.#enhanced = 0;
  }

  #newPart() {
    const part = document.createElement('div');
    part.className = 'tp-part';
    this.#root.append(part);
    return part;
  }
}
