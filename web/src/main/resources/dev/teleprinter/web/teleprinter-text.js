// SPDX-License-Identifier: Apache-2.0
import { Teleprinter } from './teleprinter.js';
import { decode, endOf, outputText } from './decode.js';
import { Typewriter } from './typewriter.js';
import { copy } from './clipboard.js';

/** @import { Options, State, StreamEvent } from './teleprinter.js' */
/** @import { Piece } from './decode.js' */
/**
 * How an answer ended. `status` is the Response's own, or "cut" when the stream ended and nobody
 * knows more, or "lost" when the server refuses to say (`code` is then the HTTP status).
 * @typedef {Omit<Piece & {kind: 'end'}, 'kind'>} Ending
 * @typedef {'live' | 'waiting' | 'ended'} Phase
 * @typedef {{show(text: string, phase: Phase): void, hold(text: string, cut: number): number, tailChars: number}} View
 */

const COMMIT_MS = 33;
const COMMIT_MAX_MS = 200;
const FRAME_CHARS = 8_000; // shown anew in one frame, of what need not be animated
const lessMotion = matchMedia('(prefers-reduced-motion: reduce)');
const UNKNOWN = { message: '', code: '', model: '', outputTokens: null };

/**
 * `<teleprinter-text src="/v1/responses/resp_…?stream=true" markdown></teleprinter-text>`: the text
 * of an event stream, printed at an even pace as it comes. Attributes: `src`; `markdown`; `speed="off"`
 * shows text as it comes; `unit="word"`. Events: `state` (detail: State), `frame` (StreamEvent), `progress`, `gap`, `end`
 * (detail: Ending), `settled` once all of it is on the page. Not a live region: a page tells
 * assistive technology about beginning and end, not about every word.
 */
export class TeleprinterText extends HTMLElement {
  static observedAttributes = ['src'];

  /** @type {(new (root: HTMLElement) => View) | undefined} Loaded when first needed. */
  static MarkdownView;

  /** Where the reader is: the id of the last event received. */
  cursor = '';
  thinking = '';
  /** @type {Ending | undefined} */
  ending;
  /** Whether the stream was left by `unplug`. */
  unplugged = false;
  /** Connects by this, if it is set before `src` is: a SharedEventSource, say. @type {Options['EventSource']} */
  EventSource;
  /** Takes events in bursts so far apart, as a poor network hands them over; 0 as they come. */
  burstMs = 0;
  /** @type {StreamEvent[]} */ #burst = [];
  #engine = new Typewriter({
    unit: this.getAttribute('unit') === 'word' ? 'word' : 'grapheme',
    hold: (text, cut) => this.#view?.hold(text, cut) ?? cut,
  });
  #part = '';
  /** @type {Teleprinter | undefined} */ #client;
  /** @type {View | undefined} */ #view;
  /** @type {HTMLDetailsElement | undefined} */ #thoughts;
  /** @type {Piece & {kind: 'failure'} | undefined} */ #failure;
  #body = document.createElement('div');
  #frame = 0;
  #committed = -1;
  #committedAt = -COMMIT_MAX_MS;
  #settled = false;

  /** All the text received, shown or not. */
  get text() {
    return this.#engine.received;
  }

  /** How much of it is shown, in UTF-16 units. */
  get shown() {
    return this.#engine.shown;
  }

  /** @returns {State} */
  get state() {
    return this.#client?.state ?? { name: 'closed' };
  }

  /** Takes up where an earlier page was: call before `src` is set. */
  resume({ text = '', cursor = '', thinking = '' }) {
    this.cursor = cursor;
    if (text) this.#engine.push(text, true);
    if (thinking) this.#think(thinking);
    this.#wake();
  }

  /** Prints text that comes from elsewhere. */
  print(/** @type {string} */ text) {
    this.#print(text, false);
  }

  /** No more text will come. @param {Partial<Ending>} [ending] */
  finish(ending = { status: 'completed' }) {
    if (this.ending) return;
    this.ending = { ...UNKNOWN, status: 'completed', ...ending };
    this.#engine.end();
    if (this.ending.status !== 'completed') this.#engine.flush();
    this.dispatchEvent(new CustomEvent('end', { detail: this.ending }));
    if (this.#engine.idle) this.#step();
    this.#wake();
  }

  /** Asks the server to stop the answer; the stream then ends by itself. */
  async stop() {
    this.plug(); // who left would never see it end
    await this.#client?.stop();
  }

  /** Leaves the stream as if the network were gone, until `plug`. */
  unplug() {
    if (!this.#client || this.ending) return;
    this.unplugged = true;
    this.close();
    this.#tell({ name: 'retrying', inMs: null });
  }

  /** Goes on after the last event that came. */
  plug() {
    if (!this.unplugged) return;
    this.unplugged = false;
    this.#open();
  }

  /** Leaves the stream. */
  close() {
    this.#burst = [];
    const client = this.#client;
    this.#client = undefined;
    client?.close();
  }

  connectedCallback() {
    if (!this.#body.isConnected) {
      this.#body.className = 'tp-body';
      this.append(this.#body);
      this.addEventListener('click', copyCode);
    }
    this.#loadView();
    if (this.getAttribute('src') && !this.#client) this.#open();
  }

  disconnectedCallback() {
    this.close();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  attributeChangedCallback() {
    if (!this.isConnected) return;
    this.close();
    if (this.getAttribute('src')) this.#open();
  }

  #open() {
    const client = new Teleprinter(this.getAttribute('src') ?? '', {
      cursor: this.cursor,
      withCredentials: this.hasAttribute('credentials'),
      EventSource: this.EventSource,
    });
    this.#client = client;
    client.addEventListener('event', (e) => this.#came(detail(e)));
    client.addEventListener('gap', (e) => this.#gap(detail(e)));
    client.addEventListener('state', (e) => {
      if (client !== this.#client) return;
      const state = /** @type {State} */ (detail(e));
      this.#takeBurst(state);
      this.#tell(state);
      if (state.name === 'failed') {
        this.finish({ status: 'lost', code: String(state.status), message: state.message });
      } else if (state.name === 'closed' && !this.ending) {
        this.#confirmEnd();
      }
    });
    this.#wake();
  }

  #tell(/** @type {State} */ state) {
    this.dataset.state = state.name;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  #came(/** @type {StreamEvent} */ event) {
    if (this.burstMs === 0 && this.#burst.length === 0) return this.#take(event);
    this.#burst.push(event);
    if (this.#burst.length === 1) setTimeout(() => this.#takeBurst(), this.burstMs);
  }

  /** Before its end, or now. @param {State} [state] */
  #takeBurst(state) {
    if (state && state.name !== 'closed' && state.name !== 'failed') return;
    const burst = this.#burst;
    this.#burst = [];
    for (const event of burst) this.#take(event);
  }

  #take(/** @type {StreamEvent} */ event) {
    this.dispatchEvent(new CustomEvent('frame', { detail: event }));
    this.cursor = event.id || this.cursor;
    const piece = decode(event);
    if (piece.kind === 'text') {
      const apart = this.#part && piece.part !== this.#part && this.text !== '';
      this.#part = piece.part;
      this.#print((apart ? '\n\n' : '') + piece.text, !event.caughtUp);
    } else if (piece.kind === 'thinking') {
      this.#think(piece.text);
    } else if (piece.kind === 'failure') {
      this.#failure = piece;
    } else if (piece.kind === 'end') {
      const { message, code } = this.#failure ?? piece;
      const status = piece.status || (this.#failure ? 'failed' : 'completed');
      this.finish({ ...piece, status, message: piece.message || message, code: piece.code || code });
    }
  }

  #print(/** @type {string} */ text, /** @type {boolean} */ atOnce) {
    const still = document.hidden || this.getAttribute('speed') === 'off' || lessMotion.matches;
    this.#engine.push(text, atOnce || still);
    this.dispatchEvent(new CustomEvent('progress'));
    this.#wake();
  }

  #think(/** @type {string} */ text) {
    this.thinking += text;
    if (!this.#thoughts) {
      this.#thoughts = document.createElement('details');
      this.#thoughts.className = 'tp-thinking';
      const summary = document.createElement('summary');
      summary.textContent = this.getAttribute('thinking-label') ?? 'Thinking';
      this.#thoughts.append(summary, document.createElement('p'));
      this.prepend(this.#thoughts);
    }
    const p = /** @type {HTMLElement} */ (this.#thoughts.lastElementChild);
    p.textContent = this.thinking;
    this.dispatchEvent(new CustomEvent('progress'));
  }

  /** Some of the stream is gone for good: said where it is missing, never joined over. */
  #gap(/** @type {unknown} */ what) {
    if (this.text) this.#print('\n\n[…]\n\n', true);
    this.dispatchEvent(new CustomEvent('gap', { detail: what }));
  }

  /** The stream was over before its last event was seen: the Response itself knows how it ended. */
  async #confirmEnd() {
    /** @type {Partial<Ending>} */
    let ending = { status: 'cut', ...this.#failure && { message: this.#failure.message } };
    try {
      const url = new URL(this.getAttribute('src') ?? '', document.baseURI);
      for (const name of ['stream', 'last_event_id', 'starting_after']) url.searchParams.delete(name);
      const response = url.pathname.includes('/responses/') ? await fetch(url) : undefined;
      const whole = response?.ok ? await response.json() : {};
      const text = outputText(whole);
      if (text.startsWith(this.text)) this.#print(text.slice(this.text.length), true);
      ending = endOf(whole) ?? ending;
    } catch {
      // unreachable: it stays "cut"
    }
    this.finish(ending);
  }

  async #loadView() {
    if (this.#view) return;
    if (!this.hasAttribute('markdown')) {
      this.#view = new PlainView(this.#body);
    } else {
      TeleprinterText.MarkdownView ??= (await import('./markdown-view.js')).MarkdownView;
      this.#view = new TeleprinterText.MarkdownView(this.#body);
    }
    this.#step();
  }

  #wake() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#step();
    });
  }

  /** One frame: moves the typewriter on and, not too often, the page. */
  #step() {
    if (!this.#view || this.#settled || !this.isConnected) return;
    const engine = this.#engine;
    const shown = engine.tick();
    const now = performance.now();
    const from = Math.max(0, this.#committed);
    const to = frameEnd(engine.received, from, shown);
    const everyMs = to < shown ? 0 : Math.min(COMMIT_MAX_MS, COMMIT_MS * (1 + this.#view.tailChars / 2000));
    const over = this.ending !== undefined && engine.idle && to === shown;
    if (over || (to !== this.#committed && now - this.#committedAt >= everyMs - 4)) {
      this.#view.show(engine.received.slice(0, to), over ? 'ended' : 'live');
      this.#committed = to;
      this.#committedAt = now;
    }
    if (over) {
      this.#settled = true;
      this.dispatchEvent(new CustomEvent('settled'));
    } else if (!engine.idle || this.#committed !== shown) {
      this.#wake();
    }
  }
}

/** Where a frame stops that would show too much: after a line, or after a word of a very long one. */
function frameEnd(/** @type {string} */ text, /** @type {number} */ from, /** @type {number} */ to) {
  if (to - from <= FRAME_CHARS) return to;
  const ends = ['\n', ' '].map((mark) => text.lastIndexOf(mark, from + FRAME_CHARS) + 1);
  return ends.find((end) => end > from) ?? to;
}

/** Text as it is: line ends and all. */
class PlainView {
  tailChars = 0;
  #text = document.createTextNode('');
  #caret = document.createElement('span');

  constructor(/** @type {HTMLElement} */ root) {
    this.#caret.className = 'tp-caret';
    this.#caret.setAttribute('aria-hidden', 'true');
    root.classList.add('tp-plain');
    root.replaceChildren(this.#text, this.#caret);
  }

  show(/** @type {string} */ text, /** @type {Phase} */ phase) {
    this.#text.appendData(text.slice(this.#text.length));
    this.#caret.hidden = phase === 'ended';
  }

  hold(/** @type {string} */ _, /** @type {number} */ cut) {
    return cut;
  }
}

/** @param {Event} event @returns {any} */
function detail(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

async function copyCode(/** @type {Event} */ event) {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  const code = button?.closest('figure')?.querySelector('code');
  if (!button || !code) return;
  await copy(code.textContent ?? '');
  button.setAttribute('data-copy', 'done');
  setTimeout(() => button.setAttribute('data-copy', ''), 1600);
}

const styles = new URL('./teleprinter-text.css', import.meta.url).href;
if (![...document.querySelectorAll('link')].some(({ href }) => href === styles)) {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: styles }));
}
customElements.define('teleprinter-text', TeleprinterText);
