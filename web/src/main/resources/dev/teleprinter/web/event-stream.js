// SPDX-License-Identifier: Apache-2.0

/** @typedef {{type: string, data: string, lastEventId: string}} Message As EventSource dispatches it. */

/** Reads an event stream (WHATWG HTML 9.2.5, 9.2.6) from its bytes, however they are cut. */
export class EventStreamDecoder {
  /** What the stream says the reader shall wait before it comes back, if it says so. @type {number | undefined} */
  retryMs;
  /** The id that a reader who comes back must name; an id in a block that was cut does not count. */
  lastEventId;
  #utf8 = new TextDecoder();
  #rest = '';
  #afterCr = false;
  #id;
  #type = '';
  /** @type {string[]} */
  #data = [];

  /** @param {string} [lastEventId] the id of the last event of an earlier connection */
  constructor(lastEventId = '') {
    this.lastEventId = this.#id = lastEventId;
  }

  /** The events that these bytes complete. @param {Uint8Array<ArrayBuffer>} bytes */
  decode(bytes) {
    let text = this.#utf8.decode(bytes, { stream: true });
    if (!text) return [];
    if (this.#afterCr && text[0] === '\n') text = text.slice(1); // of a CRLF cut in two
    this.#afterCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#rest + lines[0];
    this.#rest = /** @type {string} */ (lines.pop());
    return lines.flatMap((line) => this.#line(line));
  }

  /** @returns {Message[]} none or one */
  #line(/** @type {string} */ line) {
    if (line === '') return this.#dispatch();
    const [, name, value = ''] = /** @type {RegExpExecArray} */ (/^([^:]*)(?:: ?([^]*))?/.exec(line));
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d{1,15}$/.test(value)) this.retryMs = Number(value);
    return [];
  }

  #dispatch() {
    const message = { type: this.#type || 'message', data: this.#data.join('\n'), lastEventId: this.#id };
    this.lastEventId = this.#id;
    const messages = this.#data.length > 0 ? [message] : [];
    this.#type = '';
    this.#data = [];
    return messages;
  }
}
