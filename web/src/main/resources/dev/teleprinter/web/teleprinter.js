// SPDX-License-Identifier: Apache-2.0

/**
 * @typedef {{
 *   readyState: number, onopen: ((event: Event) => void) | null, close(): void,
 *   addEventListener(type: string, listener: (event: Event) => void): void
 * }} Source What is used of an EventSource.
 * @typedef {{type: string, data: string, id: string, caughtUp: boolean}} StreamEvent
 *   `caughtUp`: false while what is already there is replayed.
 * @typedef {{name: 'connecting' | 'catching-up' | 'tailing' | 'closed'}
 *   | {name: 'retrying', inMs: number | null}
 *   | {name: 'failed', status: number, message: string}} State
 *   `inMs` is null while the browser itself decides when to try again.
 * @typedef {{
 *   cursor?: string, types?: string[] | '*', withCredentials?: boolean, heartbeatMs?: number,
 *   headers?: Record<string, string>, body?: BodyInit, cancelUrl?: string,
 *   isLast?: (event: StreamEvent) => boolean, onText?: (data: string) => void,
 *   EventSource?: new (url: string | URL, init?: EventSourceInit) => Source, fetch?: typeof fetch, random?: () => number
 * }} Options
 *   `cursor`: the id of the last event already had. `types`: event types beyond OpenAI's; "*" is all.
 *   `heartbeatMs`: re-create after 2.5 times this silence (where heartbeats are events, or with fetch).
 *   `headers`, `body` and `types: '*'` are beyond EventSource and use fetch. A body is posted, once:
 *   after a loss the stream is read on from the answer's `Content-Location`.
 */

const SETTLE_MS = 15;
const STABLE_MS = 10_000;
const SILENT_MS = 15_000;
const LAST = /^response\.(completed|failed|incomplete)$/;
const HUB_ID = /^#?(.+)-(\d+)$/;
const CUT = 'Lost; a request is not repeated.';
const CURSORS = ['last_event_id', 'lastEventID']; // the second one for Mercure hubs of 0.14 to 0.24
const RETRIABLE = [408, 425, 429];
const TYPES = (
  'created queued in_progress output_item.added output_text.delta refusal.delta ' +
  'reasoning_text.delta reasoning_summary_text.delta completed failed incomplete'
)
  .split(' ')
  .map((name) => 'response.' + name)
  .concat('message', 'error', 'gap');

/**
 * One event stream, read to its end through anything: EventSource, with what it lacks. Dispatches
 * `event` (detail: StreamEvent), `state` (State) and `gap`; `for await` gives the events.
 * A connection that ends without a last event is a loss and is resumed from `cursor`.
 */
export class Teleprinter extends EventTarget {
  /** @type {State} */
  state = { name: 'connecting' };
  /** The id of the last event dispatched. */
  cursor;
  /** @type {URL} */ #url;
  #options;
  /** @type {{close(): void} | undefined} */ #source;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */ #timers = {};
  #attempt = 0;
  #heardAt = 0;
  /** 0: a body is to be posted; 1: it was, and its answer has no address yet; 2: there is something to get. */
  #stage;
  #listening = new AbortController();

  /** @param {string | URL} url @param {Options} [options] */
  constructor(url, options = {}) {
    super();
    this.#url = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
    this.#options = { ...options };
    this.#stage = options.body === undefined ? 2 : 0;
    this.cursor = options.cursor ?? '';
    this.#watchPage();
    this.#connect();
  }

  /** Asks the server to cancel the answer, and reads on to its last event. Rejects if refused. */
  async stop() {
    const url = new URL(this.#options.cancelUrl ?? this.#url);
    if (!this.#options.cancelUrl) {
      url.pathname += '/cancel';
      url.searchParams.delete('stream');
    }
    const response = await this.#fetch(url, { method: 'POST' });
    if (!response.ok) throw new Error(await reason(response));
  }

  /** Leaves. What the server does with an answer nobody reads is the server's policy. */
  close() {
    this.#end({ name: 'closed' });
  }

  async *[Symbol.asyncIterator]() {
    /** @type {StreamEvent[]} */
    const waiting = [];
    let wake = () => {};
    const left = new AbortController();
    this.addEventListener('event', (e) => {
      waiting.push(/** @type {CustomEvent<StreamEvent>} */ (e).detail);
      wake();
    }, left);
    this.addEventListener('state', () => wake(), left);
    try {
      for (;;) {
        for (let event; (event = waiting.shift()); ) yield event;
        if (this.state.name === 'failed') throw new Error(this.state.message);
        if (this.state.name === 'closed') return;
        await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
    } finally {
      left.abort();
    }
  }

  #connect() {
    if (this.#stage === 1) return; // a second request would be a second answer
    this.#drop();
    this.#heardAt = Date.now();
    const { EventSource = globalThis.EventSource, withCredentials, types = [], headers, body } = this.#options;
    if (headers || body !== undefined || types === '*' || !EventSource) return void this.#fetchStream();
    const source = (this.#source = new EventSource(this.#at(), { withCredentials }));
    source.onopen = () => this.#opened();
    for (const type of new Set([...TYPES, ...types])) {
      source.addEventListener(type, (e) => {
        if (source !== this.#source) return;
        // A server may name an event "error"; only that one has data.
        if ('data' in e) this.#take(/** @type {MessageEvent} */ (e));
        else if (type === 'error') this.#lost(source.readyState === 2);
      });
    }
  }

  async #fetchStream() {
    /** @type {{close(): void}} */
    const place = (this.#source = { close() {} }); // until the module is there
    const { FetchSource } = await import('./fetch-source.js');
    if (place !== this.#source) return;
    const post = !this.#stage;
    this.#stage ||= 1;
    this.#source = new FetchSource(this.#at(), this.#options, post, this.cursor, {
      open: (response) => {
        const place = response.headers.get('Content-Location');
        if (post && place) {
          this.#url = new URL(place, this.#url);
          this.#stage = 2;
        }
        this.#opened();
      },
      message: (message) => this.#take(message),
      sign: () => this.#heard(),
      lost: (response) => this.#lost(true, response),
    });
  }

  #opened() {
    this.#set({ name: 'catching-up' });
    this.#after('settle', SETTLE_MS, () => this.#set({ name: 'tailing' }));
    this.#after('stable', STABLE_MS, () => (this.#attempt = 0));
    this.#heard();
  }

  #heard() {
    this.#heardAt = Date.now();
    const { heartbeatMs = 0 } = this.#options;
    if (heartbeatMs > 0) this.#after('silence', 2.5 * heartbeatMs, () => this.#connect());
  }

  /** @param {{type: string, data: string, lastEventId: string}} message */
  #take({ type, data, lastEventId: id }) {
    this.#heard();
    if (this.state.name === 'catching-up') {
      this.#after('settle', SETTLE_MS, () => this.#set({ name: 'tailing' }));
    }
    const was = this.#hubId(this.cursor);
    const is = this.#hubId(id);
    if (type === 'gap') {
      this.#tell('gap', parsed(data));
    } else if (was && is && was.epoch !== is.epoch) {
      this.#tell('gap', { requested: this.cursor, earliest: id });
    } else if (was && is && is.sequence <= was.sequence) {
      return;
    }
    if (id) this.cursor = id;
    if (type === 'gap') return;
    const event = { type, data, id, caughtUp: this.state.name === 'tailing' };
    this.#tell('event', event);
    this.#options.onText?.(data);
    if ((this.#options.isLast ?? isLast)(event)) this.#end({ name: 'closed' });
  }

  /** An id that the hub gave, and so tells order; a publisher's own id does not. */
  #hubId(/** @type {string} */ id) {
    const [, epoch = '', sequence = ''] = HUB_ID.exec(id) ?? [];
    const given = id[0] === '#' || this.#url.pathname.startsWith('/v1/');
    return epoch && given ? { epoch, sequence: Number(sequence) } : undefined;
  }

  /** @param {boolean} forGood the browser will not try again @param {Response} [response] if known */
  #lost(forGood, response) {
    this.#cancelTimers();
    this.#set({ name: 'retrying', inMs: null });
    if (forGood) void this.#lookUp(response);
  }

  /** EventSource gave up and does not say why: ask, then end, fail or try again. */
  async #lookUp(/** @type {Response | undefined} */ known) {
    const source = this.#source;
    let waitMs = 0;
    try {
      const response = known ?? (await this.#fetch(this.#at(), { headers: { Accept: 'text/event-stream', ...this.#options.headers } }));
      const { status } = response;
      const failed = this.#stage < 2 || (status >= 400 && status < 500 && !RETRIABLE.includes(status));
      const message = failed ? await reason(response).catch(() => CUT) : '';
      response.body?.cancel().catch(() => undefined); // already read
      if (source !== this.#source) return;
      if (status === 204) return this.#end({ name: 'closed' });
      if (failed) return this.#end({ name: 'failed', status, message });
      waitMs = Number(response.headers.get('Retry-After') ?? 0) * 1000 || 0;
    } catch {
      // Unreachable: the same as an answer that says "later".
    }
    if (source !== this.#source) return;
    if (this.#stage < 2) return this.#end({ name: 'failed', status: 0, message: CUT });
    const random = this.#options.random ?? Math.random;
    const inMs = Math.max(waitMs, Math.round(random() * Math.min(30_000, 1000 * 2 ** this.#attempt++)));
    this.#set({ name: 'retrying', inMs });
    this.#after('retry', inMs, () => this.#connect());
  }

  /** A page that slept may hold a dead connection that no error will ever tell of. */
  #watchPage() {
    const { document, addEventListener: onPage } = globalThis;
    const listening = { signal: this.#listening.signal };
    const check = () => {
      const silent = Date.now() - this.#heardAt > SILENT_MS;
      if (silent || this.state.name === 'retrying') this.#connect();
    };
    document?.addEventListener('visibilitychange', () => document.hidden || check(), listening);
    onPage?.('online', check, listening);
    onPage?.('pagehide', () => this.#drop(), listening);
    onPage?.('pageshow', (e) => e.persisted && this.#connect(), listening);
  }

  #at() {
    const url = new URL(this.#url);
    for (const name of this.cursor ? CURSORS : []) {
      if (name !== 'lastEventID' || url.pathname.endsWith('/mercure')) url.searchParams.set(name, this.cursor);
    }
    return url;
  }

  #fetch(/** @type {URL} */ url, /** @type {RequestInit} */ init) {
    const { fetch = globalThis.fetch, withCredentials } = this.#options;
    const credentials = withCredentials ? 'include' : 'same-origin';
    return fetch(url, { ...init, credentials, cache: 'no-store', signal: AbortSignal.timeout(10_000) });
  }

  #drop() {
    this.#cancelTimers();
    this.#source?.close();
    this.#source = undefined;
  }

  #end(/** @type {State} */ state) {
    this.#drop();
    this.#listening.abort();
    this.#set(state);
  }

  #set(/** @type {State} */ state) {
    const { name } = this.state;
    if (name === 'closed' || name === 'failed') return;
    if (name === state.name && name !== 'retrying') return;
    this.state = state;
    this.#tell('state', state);
  }

  #tell(/** @type {string} */ type, /** @type {unknown} */ detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #after(/** @type {string} */ name, /** @type {number} */ ms, /** @type {() => void} */ run) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(run, ms);
  }

  #cancelTimers() {
    Object.values(this.#timers).forEach(clearTimeout);
  }
}

/** @param {StreamEvent} event */
function isLast({ type, data }) {
  return data === '[DONE]' || LAST.test(type);
}

/** @param {Response} response */
async function reason(response) {
  const { error, detail } = parsed(await response.text());
  return error?.message ?? detail ?? `${response.status} ${response.statusText}`.trim();
}

/** @param {string} json @returns {{error?: {message?: string}, detail?: string}} */
function parsed(json) {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {}; // not JSON: says nothing more
  }
}
