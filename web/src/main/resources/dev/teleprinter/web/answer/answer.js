// SPDX-License-Identifier: Apache-2.0
import '../teleprinter-text.js';
import { labels } from '../markdown.js';
import { problem } from '../chat/answer.js';
import { newAnswer } from '../chat/store.js';
import { language, speak, words } from '../chat/words.js';
import { byId, h } from '../dom.js';

/** @import { Ending } from '../teleprinter-text.js' */
/** @import { State } from '../teleprinter.js' */

/** Only what answers are read from; the link may come from anybody. */
const ANSWER = /^\/v1\/(responses|chat\/completions)\/[^/]+$/;

Object.assign(labels, { copy: words.copy, done: words.done, notDone: words.notDone });
document.documentElement.lang = language;
speak(document);
show(new URLSearchParams(location.hash.slice(1)));
addEventListener('hashchange', () => location.reload());

function show(/** @type {URLSearchParams} */ shared) {
  const url = new URL(shared.get('src') ?? '', location.origin);
  const question = shared.get('q') ?? '';
  byId('question').textContent = question || words.title;
  document.title = `${question || words.title} · ${words.title}`;
  if (url.origin !== location.origin || !ANSWER.test(url.pathname)) return fail(words.noAnswer);
  const text = h('teleprinter-text', { markdown: '', 'thinking-label': words.thinking, src: url.pathname + url.search });
  text.addEventListener('state', (e) => state(/** @type {CustomEvent<State>} */ (e).detail.name));
  text.addEventListener('end', (e) => {
    const ending = /** @type {CustomEvent<Ending>} */ (e).detail;
    const status = /** @type {import('../chat/store.js').Status} */ (ending.status);
    const why = problem({ ...newAnswer(''), ...ending, status });
    if (why) return fail(why);
    dot('good', status === 'cancelled' ? words.stopped : words.complete);
  });
  state('connecting');
  byId('answer').append(text);
}

function state(/** @type {State['name']} */ name) {
  if (name === 'closed' || name === 'failed') return; // the answer's end tells
  dot(name === 'retrying' ? 'running' : 'open', name === 'retrying' ? words.reconnecting : words.printing);
}

function fail(/** @type {string} */ why) {
  dot('bad', words.notShown);
  byId('problem').textContent = why;
  byId('problem').hidden = false;
}

function dot(/** @type {string} */ kind, /** @type {string} */ text) {
  byId('state').dataset.state = kind;
  byId('state').textContent = text;
}
