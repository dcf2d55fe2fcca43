// SPDX-License-Identifier: Apache-2.0

/**
 * The pace at which received text is shown. Models send in bursts (150 characters, then nothing for
 * half a second); shown as it comes, most frames bring nothing new and some bring a paragraph.
 *
 * Each arrival gets a deadline: it must be on the page one *horizon* later. The horizon is how long
 * the next arrival may take, estimated as TCP estimates its retransmission timeout (RFC 6298:
 * smoothed mean plus four mean deviations), never above `horizonMaxMs`. At every frame the pace is
 * the least one that meets all deadlines, so that
 *
 * - a burst is spread evenly up to about the next burst: hardly a frame stays empty;
 * - no character is ever later than the horizon, by construction;
 * - when arrivals are dense the horizon is short, and the text is as good as live.
 *
 * Confined to its caller; time comes from `now`, in milliseconds.
 */

/** @typedef {{at: number, end: number, due: number}} Arrival Received text up to `end`. */

/**
 * @typedef {{
 *   now?: () => number, unit?: 'grapheme' | 'word', hold?: (text: string, cut: number) => number
 * }} TypewriterOptions
 *   `hold` may move a cut back (never before what is shown) to keep together what belongs together.
 */

const HORIZON_MIN_MS = 100;
const HORIZON_MAX_MS = 720;
const HOLD_MAX_MS = 760; // after it came
const READ_MS = 8; // a character, of a first burst
const DRAIN_MS = 300;
const SAME_BURST_MS = 12;
const CLUSTER_HOLD_MS = 50;
const AT_ONCE_CHARS = 1500;
const FAR_CHARS = 500;
/** Surely half a cluster: what a joiner joins is still to come, or the second letter of a flag. */
const HALF_A_CLUSTER = /\u200d$|^\p{Regional_Indicator}$/u;

export class Typewriter {
  /** All the text that came. */
  received = '';
  /** How much of it is shown, in UTF-16 units; always at the edge of a grapheme cluster. */
  shown = 0;
  ended = false;

  #now;
  #hold;
  #segmenter;
  /** @type {Arrival[]} Not wholly shown yet, oldest first. */
  #arrivals = [];
  #frameAt = 0;
  #place = 0; // where the carriage is: `shown`, plus what the pace has earned beyond it
  #lastAt = -1;
  #gapMs = HORIZON_MIN_MS;
  #deviationMs = 0;

  /** @param {TypewriterOptions} [options] */
  constructor({ now = () => performance.now(), unit = 'grapheme', hold = (_, cut) => cut } = {}) {
    this.#now = now;
    this.#hold = hold;
    this.#segmenter = new Intl.Segmenter(undefined, { granularity: unit });
  }

  /** Nothing waits to be shown. */
  get idle() {
    return this.shown === this.received.length;
  }

  /** How long after its arrival a character may be shown, now. */
  get horizonMs() {
    const guess = this.#gapMs + 4 * this.#deviationMs;
    return Math.min(HORIZON_MAX_MS, Math.max(HORIZON_MIN_MS, guess));
  }

  /** Text came. `atOnce` shows it without pacing, as what a reader has already seen or missed. */
  push(/** @type {string} */ text, atOnce = false) {
    const at = this.#now();
    if (this.idle) this.#frameAt = at;
    this.received += text;
    if (atOnce || text.length > AT_ONCE_CHARS) return this.flush();
    this.#learn(at, text.length);
    this.#arrivals.push({ at, end: this.received.length, due: at + this.horizonMs });
    if (this.shown === 0) this.#showTo(this.#firstWord(), at);
  }

  /** No more text will come: the rest is shown within 300 ms. */
  end() {
    this.ended = true;
    const at = this.#now();
    this.#arrivals.push({ at, end: this.received.length, due: at + DRAIN_MS });
  }

  /** Shows everything that came, but for a last cluster that may still grow. */
  flush() {
    const at = this.#now();
    this.#place = this.received.length;
    this.#arrivals = [{ at, end: this.received.length, due: at }];
    this.#showTo(this.#place, at, false);
  }

  /** Moves on to the present. Returns `shown`. */
  tick() {
    const now = this.#now();
    const passedMs = Math.max(0, now - this.#frameAt);
    this.#frameAt = now;
    if (!this.idle) {
      this.#place = Math.min(this.received.length, this.#place + this.#advance(now, passedMs));
      this.#showTo(this.#place, now);
    }
    return this.shown;
  }

  /** How far the carriage must go in `passedMs` to meet each deadline at an even pace. */
  #advance(/** @type {number} */ now, /** @type {number} */ passedMs) {
    let farthest = 0;
    for (const { end, due } of this.#arrivals) {
      const leftMs = due - (now - passedMs);
      const share = leftMs <= passedMs ? 1 : passedMs / leftMs;
      farthest = Math.max(farthest, (end - this.#place) * share);
    }
    return farthest;
  }

  #showTo(/** @type {number} */ place, /** @type {number} */ now, mayHold = true) {
    let cut = this.#clusterEdge(Math.floor(place), now);
    const oldest = this.#arrivals[0];
    const drained = this.ended && place >= this.received.length;
    const overdue = drained || (oldest && now > oldest.at + HOLD_MAX_MS);
    if (mayHold && !overdue) cut = this.#hold(this.received, cut);
    this.shown = Math.max(this.shown, cut);
    while (this.#arrivals.length > 0 && this.#arrivals[0].end <= this.shown) this.#arrivals.shift();
  }

  /**
   * The last edge at or before `place`. The very last cluster waits a moment: a joiner, a skin tone
   * or a variation selector may still come and be part of it; one that is surely half waits for its
   * rest or the end. Half a surrogate pair is not there yet.
   */
  #clusterEdge(/** @type {number} */ place, /** @type {number} */ now) {
    // A line feed is always an edge: what lies far back need not be segmented.
    let edge = Math.max(this.shown, this.received.lastIndexOf('\n', place - FAR_CHARS) + 1);
    const half = (this.received.charCodeAt(this.received.length - 1) & 0xfc00) === 0xd800;
    const whole = this.received.length - (half && !this.ended ? 1 : 0);
    const rest = this.received.slice(edge, Math.min(whole, place + 64));
    const last = this.#arrivals.at(-1);
    const still = !last || now - last.at >= CLUSTER_HOLD_MS;
    const settled = this.ended || (still && whole === this.received.length);
    for (const { segment } of this.#segmenter.segment(rest)) {
      const end = edge + segment.length;
      if (end > place) break;
      if (end === whole && !this.ended && (!settled || HALF_A_CLUSTER.test(segment))) break;
      edge = end;
    }
    return edge;
  }

  /** A short first word at once; of a long one, or of a script without spaces, its beginning. */
  #firstWord() {
    const [lead, blank = ''] = /^\s*\S+(\s?)/.exec(this.received) ?? [''];
    return blank || lead.length < 12 ? lead.length : 1;
  }

  /** Arrivals within one burst are one; a long stall says nothing about the usual gap. */
  #learn(/** @type {number} */ at, /** @type {number} */ chars) {
    const gapMs = Math.min(at - this.#lastAt, 2 * HORIZON_MAX_MS);
    const first = this.#lastAt < 0;
    if (!first && gapMs < SAME_BURST_MS) return;
    this.#lastAt = at;
    if (first) return void (this.#gapMs = Math.min(HORIZON_MAX_MS, chars * READ_MS)); // all there is to guess from
    this.#deviationMs += (Math.abs(gapMs - this.#gapMs) - this.#deviationMs) / 4;
    this.#gapMs += (gapMs - this.#gapMs) / 8;
  }
}
