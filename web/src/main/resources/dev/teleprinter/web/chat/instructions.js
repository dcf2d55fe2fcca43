// SPDX-License-Identifier: Apache-2.0
import { byId } from '../dom.js';

/** The dialog in which one writes what the model is told before every question. */
export class Instructions {
  #dialog = /** @type {HTMLDialogElement} */ (byId('instructions'));
  #button = byId('instruct');
  #text = /** @type {HTMLTextAreaElement} */ (byId('instructions-text'));

  /** @param {{read: () => string, write: (text: string) => void}} of the conversation that is shown */
  constructor({ read, write }) {
    this.#button.addEventListener('click', () => {
      this.#text.value = read();
      this.#dialog.showModal();
      document.documentElement.setAttribute('data-dialog', ''); // for the style: :has() would look at every change
    });
    this.#dialog.addEventListener('keydown', (e) => e.stopPropagation()); // Escape is not for the answer
    this.#dialog.addEventListener('close', () => {
      document.documentElement.removeAttribute('data-dialog');
      if (this.#dialog.returnValue === 'save') write(this.#text.value.trim());
      this.#dialog.returnValue = '';
      this.show(read());
    });
  }

  /** Shows whether there are any. */
  show(/** @type {string} */ instructions) {
    this.#button.toggleAttribute('data-on', instructions !== '');
  }
}
