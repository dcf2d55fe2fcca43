// SPDX-License-Identifier: Apache-2.0
import { words } from './words.js';

const DRAFT = 'teleprinter.draft';

/** The question being written, and the one button: send, or stop while an answer prints. */
export class Composer {
  #form;
  #input;
  #button;
  #label;
  #running = false;

  /** @param {HTMLFormElement} form @param {{onAsk: (question: string) => void, onStop: () => void}} on */
  constructor(form, { onAsk, onStop }) {
    this.#form = form;
    this.#input = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('question'));
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector('[data-testid=send]'));
    this.#label = /** @type {HTMLElement} */ (this.#button.querySelector('.visually-hidden'));
    this.#input.value = sessionStorage.getItem(DRAFT) ?? '';
    this.#input.addEventListener('input', () => this.#changed());
    this.#input.addEventListener('keydown', (e) => this.#key(e));
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      const question = this.#input.value.trim();
      if (this.#running) onStop();
      else if (question) {
        this.write('');
        onAsk(question);
      }
    });
    addEventListener('keydown', (e) => {
      if (e.key === 'Escape' && this.#running && !e.defaultPrevented) onStop();
    });
    this.show('idle');
  }

  focus() {
    this.#input.focus();
  }

  /** Puts text into the question. */
  write(/** @type {string} */ text) {
    this.#input.value = text;
    this.#changed();
  }

  show(/** @type {'idle' | 'running' | 'stopping'} */ state) {
    this.#running = state !== 'idle';
    this.#button.dataset.mode = this.#running ? 'stop' : 'send';
    this.#label.textContent = { idle: words.send, running: words.stop, stopping: words.stopping }[state];
    this.#button.title = this.#label.textContent;
    this.#button.setAttribute('aria-busy', String(state === 'stopping'));
    this.#changed();
  }

  #changed() {
    sessionStorage.setItem(DRAFT, this.#input.value);
    const empty = this.#input.value.trim() === '';
    this.#button.setAttribute('aria-disabled', String(!this.#running && empty));
    if (!CSS.supports('field-sizing', 'content')) {
      this.#input.style.height = 'auto';
      this.#input.style.height = `${this.#input.scrollHeight}px`;
    }
  }

  /** Enter sends, but not the Enter that ends an input method's composition, nor a phone's. */
  #key(/** @type {KeyboardEvent} */ e) {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    if (matchMedia('(pointer: coarse)').matches && !e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    if (!this.#running) this.#form.requestSubmit();
  }
}
