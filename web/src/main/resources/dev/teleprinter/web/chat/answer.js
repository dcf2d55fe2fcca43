// SPDX-License-Identifier: Apache-2.0
import { copy } from '../clipboard.js';
import { h } from '../dom.js';
import { SharedEventSource } from '../shared-event-source.js';
import { dropProgress, isRunning, loadProgress, saveProgress } from './store.js';
import { words } from './words.js';

/** @import { TeleprinterText, Ending } from '../teleprinter-text.js' */
/** @import { State } from '../teleprinter.js' */
/** @import { Answer } from './store.js' */
/**
 * @typedef {{
 *   onChange: () => void, onState: (state: State) => void, onEnd: () => void, onAgain: () => void,
 *   onVersion: (step: 1 | -1) => void
 * }} Listener `onChange`: the record changed and wants to be kept.
 */

const PROGRESS_EVERY_MS = 500;
const PROGRESS_CHARS_PER_MS = 100; // written at most, however long the answer is
const SHARED_QUESTION_MAX = 300;

/** One answer on the page: reads it if it is running, shows how it stands. */
export class AnswerView {
  element = h('article', { class: 'answer', 'data-testid': 'answer' });
  #answer;
  #listener;
  #text = /** @type {TeleprinterText} */ (document.createElement('teleprinter-text'));
  #note = h('div', { class: 'note', hidden: '' });
  #meta = h('footer', { class: 'meta' });
  #savedAt = 0;
  #startedHere;
  #leave = new AbortController();

  /** @param {Answer} answer @param {Listener} listener @param {{index: number, count: number, question: string}} version */
  constructor(answer, listener, version) {
    this.#answer = answer;
    this.#listener = listener;
    this.#startedHere = answer.status === 'asking';
    if ('locks' in navigator) this.#text.EventSource = SharedEventSource; // not where plain http is insecure
    this.#text.setAttribute('markdown', '');
    this.#text.setAttribute('thinking-label', words.thinking);
    this.element.append(this.#text, this.#note, this.#meta);
    this.#meta.append(...this.#actions(version));
    this.#text.addEventListener('progress', () => this.#progressed());
    this.#text.addEventListener('state', (e) => this.#stateChanged(/** @type {CustomEvent<State>} */ (e).detail));
    this.#text.addEventListener('end', (e) => this.#ended(/** @type {CustomEvent<Ending>} */ (e).detail));
    this.#text.addEventListener('gap', () => {
      answer.gap = true;
      this.#listener.onChange();
    });
    addEventListener('pagehide', () => this.#keep(), { signal: this.#leave.signal });
    this.#begin();
  }

  get text() {
    return this.#text;
  }

  get answer() {
    return this.#answer;
  }

  /** The server took the question: read the answer from `answer.url`. Also told by another tab. */
  read() {
    this.#text.setAttribute('src', this.#answer.url);
    this.refresh();
  }

  /** Another tab, or whoever asked, changed the record. */
  update(/** @type {Answer} */ answer) {
    const had = this.#answer;
    this.#answer = had.status === 'printing' && this.#text.ending === undefined ? { ...answer, ...had } : answer;
    if (had.status === 'asking' && answer.status === 'printing') this.read();
    if (!isRunning(answer) && !had.url && !this.#text.ending) {
      this.#text.resume(answer);
      this.#text.finish({ status: answer.status });
    }
    this.refresh();
  }

  /** Rejects if the server cannot be told. */
  stop() {
    return this.#text.stop();
  }

  /** Leaves the stream; the answer goes on. */
  close() {
    this.#keep();
    this.#leave.abort();
    this.#text.close();
    this.element.remove();
  }

  refresh() {
    const { status } = this.#answer;
    this.element.dataset.status = status;
    const message = problem(this.#answer);
    const retriable = message !== '' && status !== 'incomplete' && status !== 'completed';
    this.#note.hidden = message === '';
    if (message) {
      const retry = h('button', { type: 'button', class: 'quiet', 'data-testid': 'retry' }, words.retry);
      retry.addEventListener('click', () => this.#listener.onAgain());
      this.#note.replaceChildren(h('p', { dir: 'auto' }, message), ...(retriable ? [retry] : []));
    }
    const again = this.#meta.querySelector('[data-testid=again]');
    again?.toggleAttribute('hidden', retriable);
    this.#meta.querySelector('[data-testid=copy]')?.toggleAttribute('hidden', this.#text.text === '');
    this.#meta.querySelector('[data-testid=share]')?.toggleAttribute('hidden', this.#answer.url === '' || status === 'lost');
    this.#meta.hidden = isRunning(this.#answer);
    const facts = this.#meta.querySelector('.facts');
    if (facts) facts.textContent = figures(this.#answer).join(' · ');
  }

  #begin() {
    const answer = this.#answer;
    if (answer.status === 'printing') {
      const progress = loadProgress(answer.id);
      if (progress) answer.resumes++;
      this.#text.resume(progress ?? {});
      this.#text.setAttribute('src', answer.url);
    } else if (answer.status !== 'asking') {
      this.#text.resume(answer);
      this.#text.finish({ status: answer.status });
    }
    this.refresh();
  }

  #progressed() {
    const answer = this.#answer;
    if (!isRunning(answer)) return;
    if (this.#startedHere && answer.firstMs === null) {
      answer.firstMs = Date.now() - answer.askedAt;
      this.#listener.onChange();
    }
    const everyMs = Math.max(PROGRESS_EVERY_MS, this.#text.text.length / PROGRESS_CHARS_PER_MS);
    if (Date.now() - this.#savedAt > everyMs) this.#keep();
  }

  /** Text and cursor together, so that a reload goes on from here without a flash. */
  #keep() {
    if (this.#answer.status !== 'printing') return;
    this.#savedAt = Date.now();
    saveProgress(this.#answer.id, this.#text);
  }

  #stateChanged(/** @type {State} */ state) {
    const answer = this.#answer;
    if (!isRunning(answer)) return;
    if (state.name === 'catching-up' && this.element.dataset.state === 'retrying') answer.resumes++;
    this.element.dataset.state = state.name;
    this.#listener.onState(state);
  }

  #ended(/** @type {Ending} */ ending) {
    const answer = this.#answer;
    if (!isRunning(answer)) return;
    const { status, message, code, model, outputTokens } = ending;
    const seconds = (Date.now() - answer.askedAt - (answer.firstMs ?? 0)) / 1000;
    Object.assign(answer, { status, message, code, model: model || answer.model });
    answer.text = this.#text.text;
    answer.thinking = this.#text.thinking;
    if (this.#startedHere && outputTokens && seconds > 0.2) answer.tokensPerSecond = outputTokens / seconds;
    dropProgress(answer.id);
    this.refresh();
    this.#listener.onEnd();
  }

  /** @param {{index: number, count: number, question: string}} version */
  #actions({ index, count, question }) {
    const copyButton = action(words.copy, 'copy');
    copyButton.addEventListener('click', async () => {
      await copy(this.#text.text);
      copyButton.textContent = words.copied;
      setTimeout(() => (copyButton.textContent = words.copy), 1600);
    });
    const share = action(words.share, 'share');
    share.addEventListener('click', async () => {
      const shared = new URLSearchParams({ src: this.#answer.url, q: question.slice(0, SHARED_QUESTION_MAX) });
      await copy(`${location.origin}/answer#${shared}`);
      share.textContent = words.linkCopied;
      setTimeout(() => (share.textContent = words.share), 1600);
    });
    const again = action(words.again, 'again');
    again.addEventListener('click', () => this.#listener.onAgain());
    const facts = h('span', { class: 'facts', 'data-testid': 'facts' });
    if (count === 1) return [copyButton, share, again, facts];
    const previous = action('‹', 'previous', words.previous);
    const next = action('›', 'next', words.next);
    previous.disabled = index === 0;
    next.disabled = index === count - 1;
    previous.addEventListener('click', () => this.#listener.onVersion(-1));
    next.addEventListener('click', () => this.#listener.onVersion(1));
    const place = h('span', { class: 'place' }, `${index + 1}/${count}`);
    return [h('span', { class: 'versions' }, previous, place, next), copyButton, share, again, facts];
  }
}

/** @param {string} text @param {string} testId @param {string} [label] */
function action(text, testId, label) {
  const attributes = { type: 'button', class: 'quiet', 'data-testid': testId, ...(label && { 'aria-label': label }) };
  return h('button', attributes, text);
}

/** What a person must know about how an answer ended; "" if nothing. */
export function problem(/** @type {Answer} */ { status, message, code, gap }) {
  switch (status) {
    case 'refused':
      return message ? `${words.notTaken} ${message}` : words.notAsked;
    case 'failed':
      return message ? `${words.failed} ${message}` : words.failed;
    case 'lost':
      return code === '401' || code === '403' ? words.denied : words.lost;
    case 'cut':
      return words.cut;
    case 'incomplete':
      return code === 'max_output_tokens' ? words.limit : code === 'content_filter' ? words.filtered : words.cut;
    default:
      return gap ? words.gap : '';
  }
}

function duration(/** @type {number} */ ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @returns {string[]} */
function figures(/** @type {Answer} */ answer) {
  const facts = [answer.model];
  if (answer.status === 'cancelled') facts.unshift(words.stopped);
  if (answer.firstMs !== null) facts.push(words.first(duration(answer.firstMs)));
  if (answer.tokensPerSecond) facts.push(words.rate(answer.tokensPerSecond.toFixed(0)));
  if (answer.resumes > 0) facts.push(words.resumed(answer.resumes));
  return facts.filter((fact) => fact !== '');
}
