// SPDX-License-Identifier: Apache-2.0

/**
 * What settled blocks get when the browser has time: colours for code in a language named in its
 * fence, and typeset formulas. Both libraries are loaded when first needed. An element that was seen
 * to has `data-done`: its inside is no longer what the Markdown said, letter by letter.
 */

/** @typedef {{scope?: string, children: (HighlightNode | string)[]}} HighlightNode */
/**
 * What we use of highlight.js.
 * @typedef {{
 *   getLanguage(name: string): object | undefined,
 *   highlight(code: string, options: {language: string, ignoreIllegals: boolean}): {_emitter: {rootNode: HighlightNode}}
 * }} Highlighter
 */
/** @typedef {{render(tex: string, into: Element, options: object): void}} Typesetter What we use of KaTeX. */

const CODE_MAX = 12_000; // characters: more would hold a frame back
const WANTED = 'code[data-language]:not([data-done], [data-language=""]), .math:not([data-done])';
const TEX = { output: 'mathml', trust: false, strict: false, maxSize: 20, maxExpand: 500 };

/** @type {Map<string, Promise<unknown>>} */
const loading = new Map();
/** @type {Element[]} */
const waiting = [];
let running = false;

/** Looks through a block that is whole. */
export function enhance(/** @type {Element} */ block) {
  const found = block.matches(WANTED) ? [block] : block.querySelectorAll(WANTED);
  for (const element of found) {
    element.setAttribute('data-done', '');
    waiting.push(element);
  }
  if (waiting.length > 0 && !running) void run();
}

/** One after the other, each in an idle moment of its own. */
async function run() {
  running = true;
  for (let element; (element = waiting.shift()); ) {
    await idle();
    if (element.isConnected) await (element.matches('.math') ? typeset(element) : highlight(element));
  }
  running = false;
}

async function highlight(/** @type {Element} */ code) {
  const text = code.textContent ?? '';
  const language = code.getAttribute('data-language') ?? '';
  const hljs = text.length > CODE_MAX ? undefined : /** @type {Highlighter | undefined} */ (await library('hljs', './vendor/highlight.js'));
  if (!hljs?.getLanguage(language) || code.textContent !== text) return;
  const { _emitter } = hljs.highlight(text, { language, ignoreIllegals: true });
  code.replaceChildren(..._emitter.rootNode.children.map(coloured));
}

/** @returns {Node | string} */
function coloured(/** @type {HighlightNode | string} */ part) {
  if (typeof part === 'string') return part;
  const span = document.createElement('span');
  span.className = `hl-${(part.scope ?? '').split('.')[0]}`;
  span.append(...part.children.map(coloured));
  return span;
}

async function typeset(/** @type {Element} */ math) {
  const tex = math.textContent ?? '';
  const katex = /** @type {Typesetter | undefined} */ (await library('katex', './vendor/katex.js'));
  if (!katex || math.textContent !== tex) return;
  const made = document.createElement('span');
  try {
    katex.render(tex, made, { ...TEX, displayMode: math.tagName === 'DIV' });
    math.replaceChildren(...made.childNodes);
  } catch {
    math.classList.add('wrong'); // stays as it was written
  }
}

/** A classic script, which leaves a global; undefined when it cannot be loaded. @param {string} global @param {string} path */
function library(global, path) {
  const known = loading.get(global);
  if (known) return known;
  const loaded = new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = new URL(path, import.meta.url).href;
    script.onload = () => resolve(/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis))[global]);
    script.onerror = () => resolve(undefined);
    document.head.append(script);
  });
  loading.set(global, loaded);
  return loaded;
}

function idle() {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: 1000 });
    else setTimeout(resolve, 20);
  });
}
