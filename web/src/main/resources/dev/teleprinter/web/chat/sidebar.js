// SPDX-License-Identifier: Apache-2.0
import { byId, h } from '../dom.js';
import { find } from './search.js';
import { words } from './words.js';

/** @import { Conversation } from './store.js' */
/**
 * @typedef {{
 *   onRename: (id: string, title: string) => void, onRemove: (id: string) => void, onDownload: (id: string) => void,
 *   all: () => Conversation[]
 * }} Listener
 */

/** The list of conversations: beside the page where there is room, over it where there is not. */
export class Sidebar {
  #root;
  #list;
  #on;
  #toggle = byId('menu');
  #shade = byId('shade');
  #search = /** @type {HTMLInputElement} */ (byId('search'));
  #current = '';

  /** @param {HTMLElement} root @param {Listener} on */
  constructor(root, on) {
    this.#root = root;
    this.#on = on;
    this.#list = byId('chats');
    this.#toggle.addEventListener('click', () => this.#open(root.dataset.open !== 'true'));
    this.#shade.addEventListener('click', () => this.#open(false));
    this.#search.addEventListener('input', () => this.#show(on.all()));
    this.#search.addEventListener('keydown', (e) => this.#searchKey(e));
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
    this.#current = current;
    byId('no-chats').hidden = conversations.length > 0;
    this.#search.hidden = conversations.length === 0;
    this.#show(conversations);
  }

  /** Those that have what is searched for. */
  #show(/** @type {Conversation[]} */ conversations) {
    const found = find(conversations, this.#search.value);
    byId('nothing-found').hidden = found.length > 0 || conversations.length === 0;
    this.#list.replaceChildren(...found.map(({ conversation, excerpt }) => this.#row(conversation, excerpt)));
  }

  /** @param {Conversation} conversation @param {string[]} excerpt */
  #row({ id, title }, [before, hit, after]) {
    const link = h('a', { href: `#${id}`, title, ...(id === this.#current && { 'aria-current': 'page' }) }, title);
    if (hit) link.append(h('small', {}, before, h('mark', {}, hit), after));
    link.addEventListener('click', () => this.#open(false));
    const rename = tool('rename', words.rename, title, '✎');
    rename.addEventListener('click', () => this.#rename(link, id, title));
    const download = tool('download', words.download, title, '↓');
    download.addEventListener('click', () => this.#on.onDownload(id));
    const remove = tool('remove', words.remove, title, '×');
    remove.addEventListener('click', () => this.#remove(remove, id));
    remove.addEventListener('blur', () => this.#disarm(remove));
    return h('li', {}, link, h('span', { class: 'tools' }, rename, download, remove));
  }

  /** Enter opens the first one found, Escape forgets what was searched for. */
  #searchKey(/** @type {KeyboardEvent} */ e) {
    if (e.isComposing) return;
    if (e.key === 'Enter') {
      this.#list.querySelector('a')?.click();
      this.#clear();
    } else if (e.key === 'Escape' && this.#search.value) {
      e.preventDefault();
      e.stopPropagation();
      this.#clear();
    }
  }

  #clear() {
    this.#search.value = '';
    this.#show(this.#on.all());
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

  /** Shows the list, to search in it. */
  focus() {
    this.#open(true);
    this.#search.select();
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

/** @param {string} name @param {string} what @param {string} title @param {string} sign */
function tool(name, what, title, sign) {
  return h('button', { type: 'button', class: name, 'aria-label': `${what}: ${title}`, title: what, 'data-testid': name }, sign);
}
