// SPDX-License-Identifier: Apache-2.0
import { Teleprinter } from './teleprinter.js';

/** @import { Options, StreamEvent } from './teleprinter.js' */
/**
 * @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Cells What is used of a web storage.
 * @typedef {Options & {key: string, storage?: Cells, textOf?: (event: StreamEvent) => string}} ResumeOptions
 *   `key`: names the place in storage, one for each stream that is read at a time. `storage`: this
 *   tab's, if not said. `textOf`: what of an event is kept; its data, if not said.
 * @typedef {{asked: string, url: string, cursor: string, text: string, gaps: number[]}} Progress
 *   `asked`: the address that was given; `url`: where it is read, another one after a POST.
 */

const PREFIX = 'teleprinter:';
const WRITE_EACH_MS = 500;

/**
 * A value in web storage that survives a reload. It is written now and then, and when the page goes;
 * where storage is full or forbidden, the value before stays, or none. No error ever comes of it.
 * @template T
 */
export class Kept {
  #key;
  #storage;
  /** @type {(() => T) | undefined} What is to be written. */ #next;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #listening = new AbortController();

  /** @param {string} key @param {Cells} [storage] this tab's, if not said */
  constructor(key, storage = sessionCells()) {
    this.#key = PREFIX + key;
    this.#storage = storage;
    const listening = { signal: this.#listening.signal };
    globalThis.addEventListener?.('pagehide', () => this.flush(), listening);
    globalThis.document?.addEventListener('visibilitychange', () => this.flush(), listening); // a phone may kill it next
  }

  /** The value, as it was written last. @returns {Partial<T>} */
  read() {
    try {
      return Object(JSON.parse(this.#storage?.getItem(this.#key) ?? '{}'));
    } catch {
      return {}; // forbidden, or somebody else's
    }
  }

  /** Soon writes what this then gives. @param {() => T} value */
  write(value) {
    this.#next = value;
    this.#timer ??= setTimeout(() => this.flush(), WRITE_EACH_MS);
  }

  /** Writes at once what waits. */
  flush() {
    const value = this.#next;
    this.#forget();
    if (!value) return;
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(value()));
    } catch {
      // full: what is there is older, and true
    }
  }

  /** Removes the value. */
  clear() {
    this.#forget();
    try {
      this.#storage?.removeItem(this.#key);
    } catch {
      // forbidden: then it is not there either
    }
  }

  /** Listens to the page no more; what waits is written. */
  close() {
    this.flush();
    this.#listening.abort();
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = this.#next = undefined;
  }
}

/**
 * A Teleprinter that a reload does not stop: `text` is what came, before the reload too, and reading
 * goes on behind it. Text and cursor are one value in storage, so that nothing is lost or twice; it
 * goes when the stream was read to its end. What was posted is read on, not posted again.
 */
export class ResumedTeleprinter extends Teleprinter {
  /** What came, as `textOf` has it. */
  text;
  /** Where in `text` something is missing for good. @type {number[]} */
  gaps;
  #asked;
  #url;
  #kept;
  #safe; // so much of the text lies before the cursor; what came without an id comes again
  #left = false;

  /** @param {string | URL} url @param {ResumeOptions} options */
  constructor(url, { key, storage, textOf = ({ data }) => data, ...options }) {
    const kept = /** @type {Kept<Progress>} */ (new Kept(key, storage));
    const asked = String(url);
    const had = kept.read();
    const found = had.asked === asked ? had : {}; // else of another stream
    const at = found.url ?? asked;
    const { fetch = globalThis.fetch } = options;
    const posting = {
      /** @type {typeof globalThis.fetch} Sees where the answer to what is posted can be read. */
      fetch: async (to, init) => {
        const response = await fetch(to, init);
        const place = init?.body === undefined ? null : response.headers.get('Content-Location');
        if (place) this.#moved(new URL(place, String(to)).href);
        return response;
      },
    };
    const body = at === asked ? options.body : undefined;
    super(at, { ...options, body, cursor: found.cursor || options.cursor, ...(body !== undefined && posting) });
    this.text = found.text ?? '';
    this.gaps = found.gaps ?? [];
    this.#safe = this.text.length;
    this.#asked = asked;
    this.#url = at;
    this.#kept = kept;
    let cursor = this.cursor;
    this.addEventListener('event', (e) => {
      this.text += textOf(/** @type {CustomEvent<StreamEvent>} */ (e).detail);
      if (this.cursor === cursor) return;
      cursor = this.cursor;
      this.#safe = this.text.length;
      this.#keep();
    });
    this.addEventListener('gap', () => this.gaps.push((this.#safe = this.text.length)));
    this.addEventListener('state', () => this.#changed());
  }

  /** Leaves. Made again with the same key, it goes on from here. @override */
  close() {
    this.#left = true;
    super.close();
  }

  #moved(/** @type {string} */ url) {
    this.#url = url;
    this.#keep();
    this.#kept.flush(); // from here on a reload must not post
  }

  #keep() {
    this.#kept.write(() => {
      const text = this.text.slice(0, this.#safe);
      return { asked: this.#asked, url: this.#url, cursor: this.cursor, text, gaps: this.gaps };
    });
  }

  #changed() {
    const { name } = this.state;
    if (name !== 'closed' && name !== 'failed') return;
    if (name === 'closed' && !this.#left) this.#kept.clear();
    this.#kept.close();
  }
}

/** This tab's storage, where there is one. @returns {Cells | undefined} */
function sessionCells() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined; // forbidden in this frame
  }
}
