// SPDX-License-Identifier: Apache-2.0

/** @import { Tick } from './measure.js' */

const SVG = 'http://www.w3.org/2000/svg';
const [LEFT, RIGHT, SENT, CAME] = [8, 712, 34, 96];
const SPAN_MS = 2450;

/** Two rails: when the server sent each event, and when it came here. Slanted lines are waiting. */
export function draw(/** @type {SVGElement} */ chart, /** @type {Tick[]} */ ticks) {
  const delays = ticks.map(({ sentAt, arrivedAt }) => arrivedAt - sentAt);
  const skew = Math.min(...delays); // of the two clocks, and the shortest way
  const begin = ticks[0]?.sentAt ?? 0;
  const last = ticks.at(-1);
  const spanMs = Math.max(SPAN_MS, last ? Math.max(last.sentAt, last.arrivedAt - skew) - begin : 0);
  const x = (/** @type {number} */ ms) => LEFT + ((ms - begin) / spanMs) * (RIGHT - LEFT);
  chart.replaceChildren(
    rail(SENT),
    rail(CAME),
    word('sent', SENT - 14),
    word('arrived', CAME + 26),
    ...ticks.flatMap(({ sentAt, arrivedAt }) => {
      const [from, to] = [x(sentAt), x(arrivedAt - skew)];
      return [
        shape('line', { class: 'link', x1: from, y1: SENT, x2: to, y2: CAME }),
        shape('circle', { cx: from, cy: SENT, r: 3 }),
        shape('circle', { class: 'came', cx: to, cy: CAME, r: 3.5 }),
      ];
    }),
  );
}

function rail(/** @type {number} */ y) {
  return shape('line', { class: 'rail', x1: LEFT, y1: y, x2: RIGHT, y2: y });
}

function word(/** @type {string} */ text, /** @type {number} */ y) {
  const element = shape('text', { x: LEFT, y });
  element.textContent = text;
  return element;
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
