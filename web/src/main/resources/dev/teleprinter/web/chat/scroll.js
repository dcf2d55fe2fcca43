// SPDX-License-Identifier: Apache-2.0

const REPIN_PX = 60;
const DRIFT_PX = 3;
const SPRING_MS = 80;
const lessMotion = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Keeps the end of a growing page in view, until the reader looks elsewhere. The only one that
 * scrolls by itself: what it wrote is told from what the reader did by the position it left. Where the
 * end is it asks only when the page was just laid out: asking in between lays it out once more.
 */
export class StickToEnd {
  #root = document.documentElement;
  #pinned = true;
  #frame = 0;
  #frameAt = 0;
  #position = 0; // where we, or the reader last, put it
  #end = 0; // the last place to scroll to, as it was laid out
  #onChange;

  /** @param {Element} content What grows. @param {(pinned: boolean) => void} onChange */
  constructor(content, onChange) {
    this.#onChange = onChange;
    const sizes = new ResizeObserver(() => {
      this.#measure();
      this.#follow();
    });
    sizes.observe(content);
    sizes.observe(this.#root);
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    addEventListener('wheel', ({ deltaY }) => deltaY < 0 && this.#unpin(), { passive: true });
    addEventListener('touchmove', () => this.#rest(), { passive: true });
    addEventListener('keydown', ({ key, target }) => {
      const typing = target instanceof HTMLTextAreaElement;
      if (!typing && ['ArrowUp', 'PageUp', 'Home'].includes(key)) this.#unpin();
    });
    this.#setPinned(true);
  }

  /** Goes to the end and stays there. */
  pin(smoothly = true) {
    this.#setPinned(true);
    this.#measure();
    if (!smoothly) this.#write(this.#end);
    this.#follow();
  }

  #measure() {
    this.#end = this.#root.scrollHeight - this.#root.clientHeight;
  }

  #unpin() {
    if (this.#end > 0) this.#setPinned(false);
  }

  /** A finger is on the page: whether it leaves the end shows in the scrolling it does. */
  #rest() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #setPinned(/** @type {boolean} */ pinned) {
    this.#pinned = pinned;
    this.#root.style.overflowAnchor = pinned ? 'none' : 'auto';
    this.#onChange(pinned);
  }

  #scrolled() {
    const now = this.#root.scrollTop;
    const drift = now - this.#position;
    if (Math.abs(drift) < 1.5) return; // our own
    this.#position = now;
    if (this.#pinned && drift <= -DRIFT_PX && now < this.#end - DRIFT_PX) this.#setPinned(false);
    else if (!this.#pinned && drift > 0 && this.#end - now <= REPIN_PX) this.#setPinned(true);
  }

  #follow() {
    if (!this.#pinned || this.#frame) return;
    if (lessMotion.matches || document.hidden) return this.#write(this.#end);
    this.#frameAt = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#move(now));
  }

  #move(/** @type {number} */ now) {
    this.#frame = 0;
    if (!this.#pinned) return;
    const rest = this.#end - this.#position;
    if (Math.abs(rest) < 1) return;
    if (rest > this.#root.clientHeight) return this.#write(this.#end); // nobody could read it in passing
    const step = rest * (1 - Math.exp(-Math.max(8, now - this.#frameAt) / SPRING_MS));
    this.#frameAt = now;
    this.#write(this.#position + (Math.abs(step) < 1 ? Math.sign(rest) : step));
    this.#frame = requestAnimationFrame((next) => this.#move(next));
  }

  #write(/** @type {number} */ top) {
    this.#position = Math.min(Math.max(0, top), this.#end);
    this.#root.scrollTop = this.#position;
  }
}
