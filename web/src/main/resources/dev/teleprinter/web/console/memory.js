// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { binary, count } from './figures.js';

/** @import { Memory } from './console.js' */
/** @typedef {'topics' | 'requests' | 'replies' | 'answers'} Holder */

/** @type {Record<Holder, [string, string]>} The name of each, and what it means. */
const HOLDERS = {
  topics: ['Topics', 'Names, logs and indexes'],
  requests: ['Requests', 'Bodies, what is parsed of them, and subscriptions'],
  replies: ['Replies', 'Being built, or waiting to be written'],
  answers: ['Answers', 'Those that run or are kept in memory, and upstreams’ buffers'],
};

/** The account of memory: a bar by holder, and the numbers. */
export class MemoryBar {
  #sum;
  #declined;
  /** @type {{holder: Holder, part: HTMLElement, value: HTMLElement}[]} */
  #holders = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#sum = h('p', { class: 'sum', 'data-testid': 'memory-sum' });
    this.#declined = h('p', { class: 'declined', 'data-testid': 'memory-declined' });
    const bar = h('div', { class: 'bar', 'aria-hidden': 'true' });
    const list = h('dl', {});
    for (const [key, [name, title]] of Object.entries(HOLDERS)) {
      const holder = /** @type {Holder} */ (key);
      const part = h('span', { 'data-holder': holder });
      const value = h('dd', { 'data-testid': `memory-${holder}` });
      bar.append(part);
      list.append(h('div', { title }, h('dt', { 'data-holder': holder }, name), value));
      this.#holders.push({ holder, part, value });
    }
    root.append(h('div', { class: 'head' }, h('h2', {}, 'Memory'), this.#sum, this.#declined), bar, list);
  }

  show(/** @type {Memory} */ memory) {
    for (const { holder, part, value } of this.#holders) {
      part.style.flexBasis = `${(100 * memory[holder]) / Math.max(memory.max, memory.reserved)}%`;
      part.hidden = memory[holder] === 0;
      value.textContent = binary(memory[holder]);
    }
    const free = Math.max(0, memory.max - memory.reserved);
    this.#sum.textContent = `${binary(memory.reserved)} of ${binary(memory.max)} reserved, ${binary(free)} free`;
    this.#declined.textContent = memory.declined === 0 ? 'nothing declined' : `${count(memory.declined)} declined`;
    this.#declined.toggleAttribute('data-bad', memory.declined > 0);
  }
}
