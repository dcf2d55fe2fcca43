// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { words } from './words.js';

/** A question on the page, which can be asked once more in other words. */
export class QuestionView {
  element = h('div', { class: 'question', 'data-testid': 'question' });
  #question;
  #onAsk;
  #text = h('p', { dir: 'auto' });
  #edit = h('button', { type: 'button', class: 'quiet edit', 'data-testid': 'edit' }, words.edit);

  /** @param {string} question @param {(question: string) => void} onAsk */
  constructor(question, onAsk) {
    this.#question = question;
    this.#onAsk = onAsk;
    this.#text.textContent = question;
    this.#edit.addEventListener('click', () => this.#write());
    this.#show();
  }

  #show() {
    this.element.replaceChildren(h('h2', { class: 'visually-hidden' }, words.you), this.#edit, this.#text);
  }

  /** In place; Enter asks, Escape leaves it as it was. */
  #write() {
    const input = h('textarea', { rows: '1', dir: 'auto', 'aria-label': words.edit, 'data-testid': 'edited' });
    input.value = this.#question;
    const cancel = h('button', { type: 'button', class: 'quiet' }, words.cancel);
    const form = h('form', { class: 'rewrite' }, input, cancel, h('button', { class: 'quiet strong', 'data-testid': 'ask-edited' }, words.send));
    const end = () => {
      this.#show();
      this.#edit.focus();
    };
    cancel.addEventListener('click', end);
    input.addEventListener('keydown', (e) => {
      if (e.isComposing || e.keyCode === 229 || e.shiftKey || (e.key !== 'Enter' && e.key !== 'Escape')) return;
      e.preventDefault();
      if (e.key === 'Enter') form.requestSubmit();
      else end();
    });
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      const question = input.value.trim();
      end();
      if (question && question !== this.#question) this.#onAsk(question);
    });
    this.element.replaceChildren(form);
    input.focus();
  }
}
