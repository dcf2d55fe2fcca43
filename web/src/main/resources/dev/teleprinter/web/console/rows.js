// SPDX-License-Identifier: Apache-2.0

/**
 * The rows of a table by key. A row stays the same element as long as its key is there, so that focus
 * and selection survive what comes every second.
 * @template T
 */
export class Rows {
  #body;
  #make;
  /** @type {Map<string, {row: HTMLTableRowElement, update: (item: T) => void}>} */
  #known = new Map();

  /** @param {Element} body @param {(row: HTMLTableRowElement) => (item: T) => void} make fills a row, gives what updates it */
  constructor(body, make) {
    this.#body = body;
    this.#make = make;
  }

  /** @param {T[]} items @param {(item: T) => string} keyOf */
  show(items, keyOf) {
    const wanted = new Set(items.map(keyOf));
    for (const [key, { row }] of this.#known) {
      if (wanted.has(key)) continue;
      row.remove();
      this.#known.delete(key);
    }
    items.forEach((item, i) => {
      const key = keyOf(item);
      let known = this.#known.get(key);
      if (!known) {
        const row = document.createElement('tr');
        known = { row, update: this.#make(row) };
        this.#known.set(key, known);
      }
      known.update(item);
      if (this.#body.children[i] !== known.row) this.#body.insertBefore(known.row, this.#body.children[i] ?? null);
    });
  }
}

/** A cell and what sets its text. @param {HTMLTableRowElement} row @param {string} [className] */
export function cell(row, className = '') {
  const td = row.insertCell();
  td.className = className;
  return (/** @type {string} */ text) => {
    if (td.textContent !== text) td.textContent = text;
  };
}

/** A button that does it at the second press. @param {HTMLButtonElement} button @param {string} words @param {() => void} run */
export function pressTwice(button, words, run) {
  button.textContent = words;
  let armed = false;
  button.addEventListener('click', () => {
    if (armed) run();
    armed = !armed;
    button.textContent = armed ? `${words}?` : words;
  });
  button.addEventListener('blur', () => {
    armed = false;
    button.textContent = words;
  });
}
