// SPDX-License-Identifier: Apache-2.0

/**
 * @typedef {{type: string, data: string, lastEventId: string}} Message
 * @typedef {{kind: 'join', from: string, cursor: string, types: string[]}
 *   | {kind: 'lead'}
 *   | {kind: 'alone', to: string}
 *   | {kind: 'caught-up', to: string, messages: Message[], open: boolean}
 *   | {kind: 'message', message: Message}
 *   | {kind: 'state', readyState: number}} Note What tabs tell each other.
 */

const CURSORS = ['last_event_id', 'lastEventID'];
const NOWHERE = '\0'; // no id is this
const KEPT_MAX = 10_000; // messages; a tab that wants older ones reads by itself

/**
 * An EventSource whose connection all tabs of a browser share that read the same: over HTTP/1.1 there
 * are only six. One tab holds the connection, by a lock that goes to another when it leaves; it keeps
 * what came, so that a tab that joins gets what it lacks. A tab whose cursor it does not know reads by
 * itself. Made for `new Teleprinter(url, { EventSource: SharedEventSource })`.
 */
export class SharedEventSource extends EventTarget {
  readyState = 0;
  /** @type {((event: Event) => void) | null} */
  onopen = null;
  #url;
  #init;
  #me = Math.random().toString(36).slice(2);
  #channel;
  #leave = new AbortController();
  /** @type {EventSource | undefined} The connection, in the tab that holds it. */ #source;
  #types = new Set(['message']);
  #start; // what came before #kept
  #cursor;
  /** @type {Message[]} */
  #kept = [];
  #joined = false;
  #alone = false;

  /** @param {string | URL} url @param {EventSourceInit} [init] */
  constructor(url, init) {
    super();
    this.#url = new URL(url, globalThis.document?.baseURI);
    this.#init = init;
    this.#start = this.#cursor = this.#url.searchParams.get(CURSORS[0]) ?? '';
    for (const name of CURSORS) this.#url.searchParams.delete(name);
    const name = `teleprinter:${init?.withCredentials ? 'c:' : ''}${this.#url.href}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#noted(data);
    const held = { signal: this.#leave.signal };
    navigator.locks.request(name, held, () => this.#lead()).catch(() => undefined); // left before it had it
    queueMicrotask(() => this.#join()); // after the listeners are there
  }

  /** @param {string} type @param {EventListenerOrEventListenerObject | null} listener @param {AddEventListenerOptions | boolean} [options] @override */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    if (type !== 'open' && type !== 'error') this.#listenTo(type);
  }

  close() {
    this.readyState = 2;
    this.#leave.abort();
    this.#source?.close();
    this.#channel.close();
  }

  #join() {
    if (this.readyState === 2 || this.#source) return;
    this.#tell({ kind: 'join', from: this.#me, cursor: this.#cursor, types: [...this.#types] });
  }

  /** Holds the lock as long as this returns no value. */
  #lead() {
    if (this.readyState === 2) return undefined;
    this.#connect();
    this.#tell({ kind: 'lead' });
    return new Promise((resolve) => this.#leave.signal.addEventListener('abort', resolve));
  }

  #connect() {
    const url = new URL(this.#url);
    if (this.#cursor) CURSORS.forEach((name) => url.searchParams.set(name, this.#cursor));
    const source = (this.#source = new EventSource(url, this.#init));
    source.onopen = () => this.#changed(1);
    source.onerror = (e) => 'data' in e || this.#changed(source.readyState);
    for (const type of this.#types) this.#listenTo(type);
  }

  #listenTo(/** @type {string} */ type) {
    this.#types.add(type);
    this.#source?.removeEventListener(type, this.#came);
    this.#source?.addEventListener(type, this.#came);
  }

  #came = (/** @type {MessageEvent} */ { type, data, lastEventId }) => {
    const message = { type, data, lastEventId };
    this.#tell({ kind: 'message', message });
    this.#take(message);
  };

  /** @param {Note} note */
  #noted(note) {
    if (note.kind === 'join') this.#answer(note);
    else if (note.kind === 'lead') this.#rejoin();
    else if (note.kind === 'alone' && note.to === this.#me) this.#readAlone();
    else if (note.kind === 'caught-up' && note.to === this.#me) {
      this.#joined = true;
      if (note.open) this.#opened();
      note.messages.forEach((message) => this.#take(message));
    } else if (this.#joined && note.kind === 'message') this.#take(note.message);
    else if (this.#joined && note.kind === 'state') this.#changed(note.readyState);
  }

  #rejoin() {
    this.#joined = false;
    this.#join();
  }

  /** @param {Note & {kind: 'join'}} note */
  #answer({ from, cursor, types }) {
    if (!this.#source) return;
    types.forEach((type) => this.#listenTo(type));
    const at = cursor === this.#start ? 0 : this.#kept.findLastIndex(({ lastEventId }) => lastEventId === cursor) + 1;
    if (at === 0 && cursor !== this.#start) return this.#tell({ kind: 'alone', to: from });
    this.#tell({ kind: 'caught-up', to: from, messages: this.#kept.slice(at), open: this.readyState === 1 });
  }

  /** The tab that has the connection began later than this one wants. */
  #readAlone() {
    this.#alone = true;
    this.#channel.close();
    this.#leave.abort(); // waits for the lock no more
    this.#connect();
  }

  #take(/** @type {Message} */ { type, data, lastEventId }) {
    if (this.readyState === 2) return;
    this.#opened();
    if (lastEventId) this.#cursor = lastEventId;
    this.#kept.push({ type, data, lastEventId });
    if (this.#kept.length > KEPT_MAX) this.#start = /** @type {Message} */ (this.#kept.shift()).lastEventId || NOWHERE;
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: this.#url.origin }));
  }

  #changed(/** @type {number} */ readyState) {
    if (this.readyState === 2) return;
    if (this.#source) this.#tell({ kind: 'state', readyState });
    if (readyState === 1) return this.#opened();
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  #opened() {
    if (this.readyState === 1) return;
    this.readyState = 1;
    const open = new Event('open');
    this.onopen?.(open);
    this.dispatchEvent(open);
  }

  #tell(/** @type {Note} */ note) {
    if (!this.#alone) this.#channel.postMessage(note);
  }
}
