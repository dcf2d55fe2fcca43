// SPDX-License-Identifier: Apache-2.0
import { byId, h } from '../dom.js';
import { LagGraph } from './lag-graph.js';
import { words } from './words.js';

/** @import { TeleprinterText } from '../teleprinter-text.js' */
/** @import { StreamEvent } from '../teleprinter.js' */

const FRAMES_MAX = 60;
const BURST_MS = 800;
const LOOK_MS = 250;

/** What is on the wire of the answer that prints, and ways to disturb it. */
export class Inspector {
  #panel = byId('inspector');
  #toggle = byId('inspect');
  #plug = /** @type {HTMLButtonElement} */ (byId('plug'));
  #bursts = /** @type {HTMLInputElement} */ (byId('bursts'));
  #frames = byId('frames');
  #graph = new LagGraph(byId('wire-lag'));
  /** @type {TeleprinterText | undefined} */ #text;
  #watching = new AbortController();
  #count = 0;
  #bytes = 0;
  #clock = 0;

  constructor() {
    this.#toggle.addEventListener('click', () => this.#open(this.#panel.hidden));
    this.#plug.addEventListener('click', () => this.#pull());
    this.#bursts.addEventListener('change', () => this.#text && (this.#text.burstMs = this.#bursts.checked ? BURST_MS : 0));
    byId('second').addEventListener('click', () => this.#second());
    document.addEventListener('keydown', (e) => {
      const here = e.target instanceof Node && (this.#panel.contains(e.target) || this.#toggle.contains(e.target));
      if (e.key !== 'Escape' || this.#panel.hidden || !here) return;
      e.preventDefault(); // it is not for the answer
      this.#open(false);
      this.#toggle.focus();
    });
  }

  /** Looks at this answer from now on. */
  watch(/** @type {TeleprinterText} */ text) {
    if (text === this.#text) return;
    this.#watching.abort();
    this.#watching = new AbortController();
    this.#text = text;
    this.#count = this.#bytes = 0;
    this.#frames.replaceChildren();
    this.#graph.clear();
    byId('viewer').replaceChildren();
    text.burstMs = this.#bursts.checked ? BURST_MS : 0;
    text.addEventListener('frame', (e) => this.#frame(/** @type {CustomEvent<StreamEvent>} */ (e).detail), { signal: this.#watching.signal });
    this.#look();
  }

  #open(/** @type {boolean} */ open) {
    this.#panel.hidden = !open;
    this.#toggle.setAttribute('aria-expanded', String(open));
    document.documentElement.toggleAttribute('data-inspect', open);
    clearInterval(this.#clock);
    if (!open) return;
    this.#clock = window.setInterval(() => this.#look(), LOOK_MS);
    this.#look();
    this.#plug.focus();
  }

  #frame(/** @type {StreamEvent} */ { type, id, data }) {
    this.#count++;
    this.#bytes += data.length;
    if (this.#panel.hidden) return;
    this.#frames.prepend(h('li', {}, h('b', {}, id || '–'), ' ', type.replace('response.', ''), h('span', {}, `${data.length}`)));
    while (this.#frames.childElementCount > FRAMES_MAX) this.#frames.lastElementChild?.remove();
  }

  /** Leaves the stream as a lost network does; in again with the cursor. */
  #pull() {
    const text = this.#text;
    if (!text) return;
    if (text.unplugged) text.plug();
    else text.unplug();
    this.#look();
  }

  /** The same answer once more, as another person's browser reads it. */
  #second() {
    const src = this.#text?.getAttribute('src');
    if (!src) return;
    const box = byId('viewer');
    const viewer = h('teleprinter-text', { markdown: '', src, 'data-testid': 'second-viewer' });
    new ResizeObserver(() => (box.scrollTop = box.scrollHeight)).observe(viewer);
    box.replaceChildren(viewer);
  }

  #look() {
    const text = this.#text;
    const running = text !== undefined && text.ending === undefined && text.hasAttribute('src');
    this.#plug.textContent = text?.unplugged ? words.plugIn : words.pull;
    this.#plug.disabled = !running;
    /** @type {HTMLButtonElement} */ (byId('second')).disabled = !text?.hasAttribute('src');
    if (!text) return;
    const rows = {
      'wire-state': text.unplugged ? words.unplugged : text.ending ? text.ending.status : text.state.name,
      'wire-cursor': text.cursor || '–',
      'wire-frames': `${this.#count} · ${(this.#bytes / 1000).toFixed(1)} kB`,
      'wire-behind': words.characters(text.text.length, text.text.length - text.shown),
    };
    for (const [id, value] of Object.entries(rows)) byId(id).textContent = value;
    if (running) this.#graph.add(text.text.length, text.shown);
  }
}
