// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { Teleprinter } from '../teleprinter.js';
import { bytes, time } from './figures.js';

/** @import { State, StreamEvent } from '../teleprinter.js' */

const ROWS_MAX = 200;
const DATA_MAX = 2000;
const HUB = '/.well-known/mercure';

/** @type {Record<State['name'], string>} */
const WORDS = {
  connecting: 'Connecting', 'catching-up': 'Catching up', tailing: 'Following', retrying: 'Reconnecting',
  closed: 'The end: the topic is closed', failed: 'Refused',
};

/** One topic's events, the newest on top. */
export class Tail {
  #list;
  #state;
  /** @type {Teleprinter | undefined} */ #client;
  #at = 0;

  /** @param {Element} list @param {HTMLElement} state */
  constructor(list, state) {
    this.#list = list;
    this.#state = state;
  }

  /** @param {string} topic @param {string} from an event id, "earliest", or "" for now on */
  follow(topic, from) {
    this.leave();
    this.#list.replaceChildren();
    this.#at = 0;
    const client = new Teleprinter(addressOf(topic, from), { types: '*', isLast: () => false });
    this.#client = client;
    client.addEventListener('event', (e) => this.#add(/** @type {CustomEvent<StreamEvent>} */ (e).detail));
    client.addEventListener('gap', (e) => {
      const { requested, earliest } = /** @type {CustomEvent} */ (e).detail;
      this.#prepend(h('li', { class: 'mark' }, `a gap: from ${requested} to ${earliest ?? 'now'} nothing is kept`));
    });
    client.addEventListener('state', () => this.#show(client.state));
    this.#show(client.state);
  }

  leave() {
    this.#client?.close();
    this.#client = undefined;
  }

  #show(/** @type {State} */ state) {
    const kind = { tailing: 'open', failed: 'bad', closed: 'good' }[/** @type {string} */ (state.name)] ?? 'running';
    this.#state.dataset.state = kind;
    this.#state.textContent = state.name === 'failed' ? `${WORDS.failed}: ${state.message}` : WORDS[state.name];
  }

  #add(/** @type {StreamEvent} */ { id, type, data, caughtUp }) {
    const now = performance.now();
    const gap = this.#at > 0 && caughtUp ? `+${time(now - this.#at)}` : '';
    this.#at = now;
    const rest = data.length - DATA_MAX;
    const shown = rest > 0 ? `${data.slice(0, DATA_MAX)} … ${rest} more characters` : data;
    this.#prepend(
      h('li', {},
        h('div', { class: 'of' }, h('b', {}, type), h('span', {}, id || 'no id'), h('span', {}, bytes(utf8Bytes(data))), h('span', {}, gap)),
        h('pre', { dir: 'auto' }, shown)),
    );
  }

  #prepend(/** @type {Element} */ row) {
    this.#list.prepend(row);
    while (this.#list.childElementCount > ROWS_MAX) this.#list.lastElementChild?.remove();
  }
}

/** Where a topic is read. @param {string} topic @param {string} from */
export function addressOf(topic, from) {
  const query = new URLSearchParams({ topic, ...(from && { last_event_id: from }) });
  return `${HUB}?${query}`;
}

function utf8Bytes(/** @type {string} */ text) {
  return new TextEncoder().encode(text).length;
}
