// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { bytes, count, time } from './figures.js';

/** @import { Snapshot } from './console.js' */

const SPARK_SECONDS = 60;
const NAMES = ['Readers', 'Topics', 'Events a second', 'Events kept', 'Shed', 'Heap', 'Up'];

/** The figures on top. */
export class Tiles {
  #tiles;
  /** @type {number[]} */
  #rates = [];

  /** @param {Element} root */
  constructor(root) {
    this.#tiles = NAMES.map((name) => {
      const value = h('dd', { class: 'value', 'data-testid': `tile-${name.split(' ')[0].toLowerCase()}` }, '–');
      const more = h('dd', { class: 'more' });
      root.append(h('div', {}, h('dt', {}, name), value, more));
      return { value, more };
    });
  }

  show(/** @type {Snapshot} */ s) {
    this.#rates = [...this.#rates, s.eventsPerSecond].slice(-SPARK_SECONDS);
    const connections = new Set(s.readerList.map(({ remote }) => remote)).size;
    const rate = s.eventsPerSecond;
    /** @type {[string, string | Element][]} */
    const shown = [
      [count(s.readers), `on ${count(connections)}${s.readers > s.readerList.length ? '+' : ''} connections`],
      [count(s.open), `open, ${count(s.closed)} closed`],
      [rate < 10 ? rate.toFixed(1) : count(Math.round(rate)), spark(this.#rates)],
      [count(s.keptEvents), bytes(s.keptBytes)],
      [count(s.shed), s.shed === 0 ? 'none yet' : 'since the start'],
      [bytes(s.heapBytes), `of ${bytes(s.heapBytesMax)}`],
      [time(s.upMs), `epoch ${s.epoch}`],
    ];
    shown.forEach(([value, more], i) => {
      this.#tiles[i].value.textContent = value;
      this.#tiles[i].more.replaceChildren(more);
    });
  }
}

/** The last minute as a line. */
function spark(/** @type {number[]} */ rates) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const top = Math.max(1, ...rates);
  const points = rates.map((rate, i) => `${SPARK_SECONDS - rates.length + i},${(1 - rate / top) * 10}`);
  if (points.length > 1) path.setAttribute('d', `M${points.join('L')}`);
  svg.setAttribute('viewBox', `0 0 ${SPARK_SECONDS - 1} 10`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}
