// SPDX-License-Identifier: Apache-2.0
import { byId, h } from '../dom.js';
import { words } from './words.js';

/** @import { Conversation } from './store.js' */

/** The list of conversations: beside the page where there is room, over it where there is not. */
export class Sidebar {
  #root;
  #list;
  #on;
  #toggle = byId('menu');
  #shade = byId('shade');

  /** @param {HTMLElement} root @param {{onRename: (id: string, title: string) => void, onRemove: (id: string) => void}} on */
  constructor(root, on) {
    this.#root = root;
    this.#on = on;
    this.#list = byId('chats');
    this.#toggle.addEventListener('click', () => this.#open(root.dataset.open !== 'true'));
    this.#shade.addEventListener('click', () => this.#open(false));
    document.addEventListener('keydown', (e) => {
      if (e.key !== 'Escape' || root.dataset.open !== 'true') return;
      e.preventDefault(); // it is not for the answer
      this.#open(false);
      this.#toggle.focus();
    });
  }

  /** Shuts what lies over the page. */
  close() {
    this.#open(false);
    return undefined;
  }

  /** @param {Conversation[]} conversations @param {string} current */
  show(conversations, current) {
    byId('no-chats').hidden = conversations.length > 0;
    this.#list.replaceChildren(
      ...conversations.map(({ id, title }) => {
        const link = h('a', { href: `#${id}`, ...(id === current && { 'aria-current': 'page' }) }, title);
        link.addEventListener('click', () => this.#open(false));
        const rename = h('button', { type: 'button', 'aria-label': `${words.rename}: ${title}`, title: words.rename, 'data-testid': 'rename' }, '✎');
        rename.addEventListener('click', () => this.#rename(link, id, title));
        const remove = h('button', { type: 'button', class: 'remove', 'aria-label': `${words.remove}: ${title}`, title: words.remove, 'data-testid': 'remove' }, '×');
        remove.addEventListener('click', () => this.#remove(remove, id));
        remove.addEventListener('blur', () => this.#disarm(remove));
        return h('li', {}, link, h('span', { class: 'tools' }, rename, remove));
      }),
    );
  }

  /** In place; Enter keeps the new name, Escape the old one. @param {HTMLElement} link @param {string} id @param {string} title */
  #rename(link, id, title) {
    const input = h('input', { class: 'rename', value: title, maxlength: '80', 'aria-label': words.rename, 'data-testid': 'new-name' });
    let over = false; // to leave the page is to leave the field
    const end = (/** @type {boolean} */ keep) => {
      if (over) return;
      over = true;
      const name = input.value.trim();
      input.replaceWith(link);
      if (keep && name && name !== title) this.#on.onRename(id, name);
      else link.focus();
    };
    input.addEventListener('keydown', (e) => {
      if (e.isComposing || (e.key !== 'Enter' && e.key !== 'Escape')) return;
      e.preventDefault();
      e.stopPropagation();
      end(e.key === 'Enter');
    });
    input.addEventListener('blur', () => end(true));
    link.replaceWith(input);
    input.select();
  }

  /** Shows the list and goes to it. */
  focus() {
    this.#open(true);
  }

  /** The first press asks, the second one does it. */
  #remove(/** @type {HTMLButtonElement} */ button, /** @type {string} */ id) {
    if (button.dataset.armed === 'true') return this.#on.onRemove(id);
    button.dataset.armed = 'true';
    button.textContent = words.removeSure;
  }

  #disarm(/** @type {HTMLButtonElement} */ button) {
    button.dataset.armed = 'false';
    button.textContent = '×';
  }

  #open(/** @type {boolean} */ open) {
    this.#root.dataset.open = String(open);
    this.#toggle.setAttribute('aria-expanded', String(open));
    this.#shade.hidden = !open;
    if (open) /** @type {HTMLElement | null} */ (this.#root.querySelector('a, button'))?.focus();
  }
}
