// SPDX-License-Identifier: Apache-2.0
import { EventStreamDecoder } from './event-stream.js';

/** @import { Message } from './event-stream.js' */
/** @import { Options } from './teleprinter.js' */
/**
 * @typedef {{
 *   open: (response: Response) => void, message: (message: Message) => void, sign: () => void,
 *   lost: (response: Response | undefined) => void
 * }} Listener `sign`: bytes came, a heartbeat perhaps. `lost`: over, with the answer if there was one.
 */

/** One connection that reads an event stream by fetch: any method, any header, every event type. */
export class FetchSource {
  #leave = new AbortController();
  #listener;
  #lastEventId;

  /**
   * @param {URL} url @param {Options} options @param {boolean} post whether to send the body
   * @param {string} lastEventId @param {Listener} listener
   */
  constructor(url, options, post, lastEventId, listener) {
    this.#listener = listener;
    this.#lastEventId = lastEventId;
    const headers = new Headers({ Accept: 'text/event-stream', ...(post && { 'Idempotency-Key': newKey() }), ...options.headers });
    // A header is one byte a character; the query has ids of any text.
    if (lastEventId && /^[ -~]*$/.test(lastEventId)) headers.set('Last-Event-ID', lastEventId);
    /** @type {RequestInit} */
    const init = { headers, cache: 'no-store', signal: this.#leave.signal };
    if (options.withCredentials) init.credentials = 'include';
    if (post) Object.assign(init, { method: 'POST', body: options.body });
    const { fetch = globalThis.fetch } = options;
    void this.#read(fetch(url, init));
  }

  close() {
    this.#leave.abort();
  }

  async #read(/** @type {Promise<Response>} */ asked) {
    /** @type {Response | undefined} */
    let response;
    try {
      response = await asked;
      const type = response.headers.get('Content-Type') ?? '';
      if (response.status === 200 && /^text\/event-stream\b/i.test(type)) await this.#events(response);
    } catch {
      // unreachable, or cut: the same to who reads
    }
    if (!this.#leave.signal.aborted) this.#listener.lost(response);
  }

  async #events(/** @type {Response} */ response) {
    this.#listener.open(response);
    const decoder = new EventStreamDecoder(this.#lastEventId);
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
    for (let next; !(next = await reader.read()).done; ) {
      this.#listener.sign();
      for (const message of decoder.decode(next.value)) {
        if (this.#leave.signal.aborted) return;
        this.#listener.message(message);
      }
    }
  }
}

/** Names one request, also where the page is not a secure context. */
function newKey() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('-');
}
