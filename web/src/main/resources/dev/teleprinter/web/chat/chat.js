// SPDX-License-Identifier: Apache-2.0
import '../teleprinter-text.js';
import { TeleprinterText } from '../teleprinter-text.js';
import { MarkdownView } from '../markdown-view.js';
import { labels } from '../markdown.js';
import { models } from './api.js';
import { Composer } from './composer.js';
import { ConversationView } from './conversation.js';
import { download } from './export.js';
import { Inspector } from './inspector.js';
import { Instructions } from './instructions.js';
import { byId, h } from '../dom.js';
import { StickToEnd } from './scroll.js';
import { Sidebar } from './sidebar.js';
import { isRunning, list, load, newConversation, onOtherTab, remove, rename, shownAnswer } from './store.js';
import { language, speak, words } from './words.js';

/** @import { State } from '../teleprinter.js' */

const MODEL = 'teleprinter.model';
const WAITING_MS = 5000;

TeleprinterText.MarkdownView = MarkdownView; // with the page, so that history shows at the first paint
Object.assign(labels, { copy: words.copy, done: words.done, notDone: words.notDone });
document.documentElement.lang = language;
speak(document);

const turns = byId('turns');
const pill = byId('connection');
const picker = /** @type {HTMLSelectElement} */ (byId('model'));
let serverThere = true;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let slow;
/** @type {State | {name: 'idle' | 'asking'}} */
let state = { name: 'idle' };
/** @type {ConversationView} */
let view;

const latest = byId('latest');
const scroll = new StickToEnd(byId('main'), (pinned) => (latest.hidden = pinned));
latest.addEventListener('click', () => scroll.pin());

const composer = new Composer(/** @type {HTMLFormElement} */ (byId('composer')), {
  onAsk: (question) => {
    void view.ask(question, picker.value || 'demo');
    location.replace(`#${view.id}`);
    showPlace();
    scroll.pin();
  },
  onStop: () => {
    composer.show('stopping');
    view.stop().catch(() => composer.show('running'));
  },
});

const sidebar = new Sidebar(byId('sidebar'), {
  onRename: (id, title) => {
    view.id === id ? view.rename(title) : rename(id, title);
    showPlace();
  },
  onRemove: (id) => {
    remove(id);
    if (id === view.id) location.hash = '';
    showPlace();
  },
  onDownload: (id) => {
    const conversation = load(id);
    if (conversation) download(conversation);
  },
  all: list,
});

const instructions = new Instructions({ read: () => view.instructions, write: (text) => (view.instructions = text) });

const inspector = new Inspector();

/** Opens the conversation that the address names; the one still printing if it names none. */
function open() {
  const id = location.hash.slice(1);
  if (view && id === view.id) return;
  view?.close();
  const first = view === undefined && id === '';
  const printing = first ? list().find((c) => c.turns.some((turn) => isRunning(shownAnswer(turn)))) : undefined;
  view = new ConversationView(turns, load(id) ?? printing ?? newConversation(), {
    onState: showState,
    onSaid: (text) => (byId('said').textContent = text),
    onAlert: alert,
    onKept: (kept) => (byId('full').hidden = kept),
    onText: (text) => inspector.watch(text),
  });
  if (printing) history.replaceState(null, '', `#${printing.id}`);
  const running = view.running;
  showState({ name: running ? (running.url ? 'connecting' : 'asking') : 'idle' });
  showPlace();
  scroll.pin(false);
  if (matchMedia('(pointer: fine)').matches) composer.focus();
}

function showPlace() {
  const empty = turns.childElementCount === 0;
  byId('empty').hidden = !empty;
  byId('heading').hidden = empty;
  byId('heading').textContent = view.title;
  document.title = view.title ? `${view.title} · ${words.title}` : words.title;
  sidebar.show(list(), view.id);
  instructions.show(view.instructions);
}

/** @param {State | {name: 'idle' | 'asking'}} next */
function showState(next) {
  if (next.name === 'closed' || next.name === 'failed') return; // the answer's end tells
  const lost = next.name === 'retrying';
  if (lost && state.name !== 'retrying') alert(words.lostConnection);
  else if (!lost) alert('');
  clearTimeout(slow);
  if (next.name === 'asking' || next.name === 'connecting') slow = setTimeout(() => alert(words.waiting), WAITING_MS);
  const wasIdle = state.name === 'idle';
  state = next;
  if ((next.name === 'idle') !== wasIdle) composer.show(next.name === 'idle' ? 'idle' : 'running');
  showPill();
}

function showPill() {
  /** @type {[string, string]} */
  let [kind, text] = ['ready', words.ready];
  if (!navigator.onLine) [kind, text] = ['offline', words.offline];
  else if (state.name === 'retrying') [kind, text] = ['reconnecting', words.reconnecting];
  else if (state.name === 'asking') [kind, text] = ['asking', words.asking];
  else if (state.name !== 'idle') [kind, text] = ['printing', words.printing];
  else if (!serverThere) [kind, text] = ['unreachable', words.unreachable];
  pill.dataset.state = kind;
  byId('connection-text').textContent = text;
}

/** What must be seen and heard at once; "" takes it away. */
function alert(/** @type {string} */ text) {
  const box = byId('alert');
  box.textContent = text;
  box.hidden = text === '';
}

/** Fills the picker; asks again, ever more slowly, while the server is not there. */
async function loadModels(waitMs = 1000) {
  try {
    const names = await models();
    serverThere = true;
    const chosen = localStorage.getItem(MODEL) ?? '';
    picker.replaceChildren(...names.map((name) => h('option', { value: name }, name)));
    picker.value = names.includes(chosen) ? chosen : (names[0] ?? '');
    picker.disabled = names.length === 0;
  } catch {
    serverThere = false;
    setTimeout(() => void loadModels(Math.min(30_000, waitMs * 2)), waitMs);
  }
  showPill();
}

picker.addEventListener('change', () => localStorage.setItem(MODEL, picker.value));
byId('ideas').append(
  ...words.ideas.map((idea) => {
    const button = h('button', { type: 'button', class: 'idea', 'data-testid': 'idea' }, idea);
    button.addEventListener('click', () => {
      composer.write(idea);
      composer.focus();
    });
    return button;
  }),
);
for (const button of document.querySelectorAll('[data-new-chat]')) {
  button.addEventListener('click', () => sidebar.close() ?? (location.hash = ''));
}
addEventListener('hashchange', open);
addEventListener('online', showPill);
addEventListener('offline', showPill);
addEventListener('keydown', (e) => {
  if ((e.ctrlKey || e.metaKey) && e.shiftKey && e.key.toLowerCase() === 'o') {
    e.preventDefault();
    location.hash = '';
  } else if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === 'k') {
    e.preventDefault();
    sidebar.focus();
  }
});
onOtherTab((id) => {
  if (id === view.id) view.reload();
  showPlace();
});

open();
void loadModels();
