// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { bytes, count, time } from './figures.js';

/** @import { Delays, Snapshot } from './console.js' */
/**
 * @typedef {{value: string, more: string | Element, bad?: boolean}} Shown
 * @typedef {{tile: HTMLElement, value: HTMLElement, more: HTMLElement}} Tile
 */

const SPARK_SECONDS = 60;
/** @type {Record<string, string>} The name of each, and what it means. */
const TILES = {
  Readers: 'Streams that are open now',
  Topics: 'Of which something is kept',
  Events: 'Published in a second, over the last ten',
  Sent: 'Bytes of events handed to readers in a second, over the last ten',
  Delay: 'From an event’s append until the last of its readers was served: of the quickest half, and of 99 in 100, over the last ten seconds',
  Ended: 'Streams that are over, since the start',
  Resumed: 'Streams that went on from an event id, since the start',
  Kept: 'Events that can be read again',
  Disk: 'What the journal’s files take',
  Force: 'How long the disk takes to make events safe, over the last ten seconds',
  Heap: 'Memory for objects; events are kept outside it',
  Up: 'Since the start',
};

/** The figures on top. */
export class Tiles {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /** @type {Record<'events' | 'bytes', number[]>} */
  #rates = { events: [], bytes: [] };

  /** @param {Element} root */
  constructor(root) {
    for (const [name, title] of Object.entries(TILES)) {
      const value = h('dd', { class: 'value', 'data-testid': `tile-${name.toLowerCase()}` }, '–');
      const more = h('dd', { class: 'more' });
      const tile = h('div', { title }, h('dt', {}, name), value, more);
      root.append(tile);
      this.#tiles.set(name, { tile, value, more });
    }
  }

  show(/** @type {Snapshot} */ s) {
    this.#note('events', s.eventsPerSecond);
    this.#note('bytes', s.sentBytesPerSecond);
    const connections = new Set(s.readerList.map(({ remote }) => remote)).size;
    const over = Object.values(s.ended).reduce((sum, n) => sum + n, 0);
    /** @type {Record<string, Shown>} */
    const shown = {
      Readers: { value: count(s.readers), more: `on ${count(connections)}${s.readers > s.readerList.length ? '+' : ''} connections` },
      Topics: { value: count(s.open), more: `open, ${count(s.closed)} closed` },
      Events: { value: perSecond(rate(s.eventsPerSecond)), more: spark(this.#rates.events) },
      Sent: { value: perSecond(bytes(Math.round(s.sentBytesPerSecond))), more: spark(this.#rates.bytes) },
      Delay: delay(s.delay),
      Ended: { value: count(over), more: s.shed > 0 ? `${count(s.shed)} of them shed` : 'none shed' },
      Resumed: { value: count(s.resumed), more: 'since the start' },
      Kept: { value: count(s.keptEvents), more: bytes(s.keptBytes) },
      Disk: disk(s),
      Force: s.force ? delay(s.force) : { value: '–', more: 'nothing to force' },
      Heap: { value: bytes(s.heapBytes), more: `${time(s.pausedMs)} collecting` },
      Up: { value: time(s.upMs), more: `epoch ${s.epoch}` },
    };
    for (const [name, { value, more, bad = false }] of Object.entries(shown)) {
      const place = /** @type {Tile} */ (this.#tiles.get(name));
      place.value.textContent = value;
      place.more.replaceChildren(more);
      place.tile.toggleAttribute('data-bad', bad);
    }
    const reasons = Object.entries(s.ended).map(([reason, n]) => `${reason}: ${n}`);
    if (reasons.length > 0) this.#tiles.get('Ended')?.tile.setAttribute('title', `${TILES.Ended}. ${reasons.join(', ')}`);
  }

  /** @param {'events' | 'bytes'} of @param {number} value */
  #note(of, value) {
    this.#rates[of] = [...this.#rates[of], value].slice(-SPARK_SECONDS);
  }
}

/** @returns {Shown} */
function delay(/** @type {Delays} */ { count: times, p50Ms, p99Ms }) {
  return times === 0 ? { value: '–', more: 'none in 10 s' } : { value: precise(p99Ms), more: `99 %; half in ${precise(p50Ms)}` };
}

/** @returns {Shown} */
function disk(/** @type {Snapshot} */ { diskBytes, diskFiles = 0, writeFailures = 0 }) {
  if (diskBytes === undefined) return { value: 'none', more: 'all in memory' };
  const files = `${count(diskFiles)} ${diskFiles === 1 ? 'file' : 'files'}`;
  return writeFailures > 0
    ? { value: bytes(diskBytes), more: `${count(writeFailures)} failed writes`, bad: true }
    : { value: bytes(diskBytes), more: files };
}

function precise(/** @type {number} */ ms) {
  return ms < 1 ? `${Math.ceil(ms * 1000)} µs` : ms < 10 ? `${ms.toFixed(1)} ms` : time(ms);
}

function rate(/** @type {number} */ n) {
  return n < 10 ? n.toFixed(1) : count(Math.round(n));
}

function perSecond(/** @type {string} */ text) {
  return `${text}/s`;
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
