// SPDX-License-Identifier: Apache-2.0

const SVG = 'http://www.w3.org/2000/svg';
const LOOKS = 120; // one unit of width each
const HEIGHT = 36;
const CHARS_MIN = 60; // the scale's least top

/** What came between two looks, as bars, and how far the print was behind, as a line over them. */
export class LagGraph {
  #svg;
  #came = document.createElementNS(SVG, 'path');
  #behind = document.createElementNS(SVG, 'path');
  /** @type {{came: number, behind: number}[]} */
  #looks = [];
  #received = 0;

  constructor(/** @type {Element} */ svg) {
    this.#svg = svg;
    this.#came.setAttribute('class', 'came');
    this.#behind.setAttribute('class', 'behind');
    svg.append(this.#came, this.#behind);
  }

  clear() {
    this.#looks = [];
    this.#received = 0;
    this.#draw();
  }

  /** A look: how many characters are here, and how many of them are printed. @param {number} received @param {number} shown */
  add(received, shown) {
    this.#looks.push({ came: received - this.#received, behind: received - shown });
    if (this.#looks.length > LOOKS) this.#looks.shift();
    this.#received = received;
    this.#draw();
  }

  #draw() {
    const top = Math.max(CHARS_MIN, ...this.#looks.map(({ came, behind }) => Math.max(came, behind)));
    const left = LOOKS - this.#looks.length;
    const y = (/** @type {number} */ chars) => (HEIGHT - (chars / top) * (HEIGHT - 2)).toFixed(1);
    this.#came.setAttribute('d', this.#looks.map(({ came }, i) => (came ? `M${left + i + 0.5} ${HEIGHT}V${y(came)}` : '')).join(''));
    this.#behind.setAttribute('d', this.#looks.map(({ behind }, i) => `${i ? 'L' : 'M'}${left + i + 0.5} ${y(behind)}`).join(''));
    this.#svg.setAttribute('data-top', String(top));
  }
}
