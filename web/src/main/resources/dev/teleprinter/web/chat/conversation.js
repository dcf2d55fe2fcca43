// SPDX-License-Identifier: Apache-2.0
import { ask, context } from './api.js';
import { AnswerView, problem } from './answer.js';
import { h } from '../dom.js';
import { QuestionView } from './question.js';
import { isRunning, load, newAnswer, newTurn, questionOf, save, shownAnswer, showVersion } from './store.js';
import { words } from './words.js';

/** @import { State } from '../teleprinter.js' */
/** @import { TeleprinterText } from '../teleprinter-text.js' */
/** @import { Answer, Conversation, Turn } from './store.js' */
/**
 * @typedef {{
 *   onState: (state: State | {name: 'idle' | 'asking'}) => void, onSaid: (words: string) => void,
 *   onAlert: (words: string) => void, onKept: (kept: boolean) => void, onText: (text: TeleprinterText) => void
 * }} Listener `onState` tells of the answer that runs; `onSaid` and `onAlert` are for the ear.
 */

const ASKING_MS = 60_000;
const ASKER = 'teleprinter.asking';

/** One conversation on the page. */
export class ConversationView {
  #conversation;
  #root;
  #listener;
  /** @type {Map<string, {element: HTMLElement, view: AnswerView}>} By turn. */
  #shown = new Map();
  #stopWanted = false;

  /** @param {HTMLElement} root @param {Conversation} conversation @param {Listener} listener */
  constructor(root, conversation, listener) {
    this.#root = root;
    this.#conversation = conversation;
    this.#listener = listener;
    root.replaceChildren();
    for (const turn of conversation.turns) this.#settleAsking(turn);
    this.#render();
    root.toggleAttribute('data-running', this.running !== undefined);
  }

  get id() {
    return this.#conversation.id;
  }

  get title() {
    return this.#conversation.title;
  }

  /** The answer that is being printed or asked for. */
  get running() {
    return this.#conversation.turns.map(shownAnswer).find(isRunning);
  }

  /** What the model is told before every question. */
  get instructions() {
    return this.#conversation.instructions ?? '';
  }

  /** From the next question on; a conversation without any is not kept yet. */
  set instructions(text) {
    this.#conversation.instructions = text;
    if (this.#conversation.turns.length > 0) this.#keep();
  }

  rename(/** @type {string} */ title) {
    this.#conversation.title = title;
    this.#listener.onKept(save(this.#conversation));
  }

  /** Asks, and shows the answer as it comes. */
  ask(/** @type {string} */ question, /** @type {string} */ model) {
    const turn = newTurn(question, model);
    this.#conversation.turns.push(turn);
    return this.#request(turn);
  }

  /** Asks the server to stop the running answer. */
  async stop() {
    const running = this.running;
    this.#stopWanted = true;
    if (!running?.url) return; // told as soon as there is something to stop
    try {
      await this.#viewOf(running)?.stop();
    } catch (error) {
      this.#listener.onAlert(`${words.notStopped} ${error instanceof Error ? error.message : ''}`.trim());
      throw error;
    } finally {
      this.#stopWanted = false;
    }
  }

  /** Another tab changed this conversation. */
  reload() {
    const fresh = load(this.id);
    if (!fresh) return;
    const mine = this.#conversation;
    this.#conversation = fresh;
    for (const turn of fresh.turns) {
      const known = mine.turns.find(({ id }) => id === turn.id);
      const view = this.#shown.get(turn.id)?.view;
      const same = turn.answers.find(({ id }) => id === view?.answer.id);
      if (known && view && same && shownAnswer(turn) === same) {
        view.update(same);
        turn.answers[turn.answers.indexOf(same)] = view.answer;
      }
    }
    this.#render();
    this.#tellState();
  }

  /** Leaves; what runs goes on at the server. */
  close() {
    for (const { view } of this.#shown.values()) view.close();
    this.#shown.clear();
  }

  async #request(/** @type {Turn} */ turn) {
    const answer = shownAnswer(turn);
    const { turns, instructions } = this.#conversation;
    sessionStorage.setItem(ASKER, answer.id);
    this.#keep();
    this.#render();
    this.#tellState();
    try {
      const input = context(turns.slice(0, turns.indexOf(turn) + 1));
      answer.url = await ask({ model: answer.model, input, ...(instructions && { instructions }) }, answer.id);
      answer.status = 'printing';
      this.#keep();
      this.#viewOf(answer)?.read();
      this.#listener.onSaid(words.saidPrinting);
      if (this.#stopWanted) await this.stop();
    } catch (error) {
      if (answer.status !== 'asking') return; // stop() told of it
      answer.status = 'refused';
      answer.message = error instanceof TypeError ? '' : String(error instanceof Error ? error.message : error);
      this.#viewOf(answer)?.update(answer);
      this.#ended(answer);
    } finally {
      sessionStorage.removeItem(ASKER);
    }
  }

  /** A question that was on its way when its page went: nobody will ever tell what became of it. */
  #settleAsking(/** @type {Turn} */ turn) {
    for (const answer of turn.answers) {
      for (const later of answer.after ?? []) this.#settleAsking(later);
      const ours = sessionStorage.getItem(ASKER) === answer.id;
      if (answer.status === 'asking' && (ours || Date.now() - answer.askedAt > ASKING_MS)) {
        answer.status = 'refused';
        answer.message = words.reloaded;
      }
    }
  }

  #render() {
    const { turns } = this.#conversation;
    for (const [id, { element, view }] of this.#shown) {
      if (turns.some((turn) => turn.id === id)) continue;
      view.close();
      element.remove();
      this.#shown.delete(id);
    }
    for (const turn of turns) {
      const shown = this.#shown.get(turn.id);
      const answer = shownAnswer(turn);
      if (shown?.view.answer.id === answer.id) continue;
      const version = { index: turn.answers.indexOf(answer), count: turn.answers.length, question: questionOf(turn) };
      const view = new AnswerView(answer, this.#listenTo(turn, answer), version);
      this.#listener.onText(view.text);
      const question = new QuestionView(questionOf(turn), (text) => this.#again(turn, text));
      const element = shown?.element ?? h('section', { class: 'turn', 'data-testid': 'turn' });
      shown?.view.close();
      element.replaceChildren(question.element, view.element);
      if (!shown) this.#root.append(element);
      this.#shown.set(turn.id, { element, view });
    }
  }

  /** @param {Turn} turn @param {Answer} answer @returns {import('./answer.js').Listener} */
  #listenTo(turn, answer) {
    return {
      onChange: () => this.#keep(),
      onState: (state) => this.#listener.onState(state),
      onEnd: () => this.#ended(answer),
      onAgain: () => this.#again(turn),
      onVersion: (step) => {
        showVersion(this.#conversation.turns, turn, turn.shown + step);
        this.#keep();
        this.#render();
        this.#tellState();
      },
    };
  }

  /** Another answer, to the same question or to another one: what followed stays with the old one. @param {Turn} turn */
  #again(turn, question = questionOf(turn)) {
    if (this.running) return;
    const answer = newAnswer(shownAnswer(turn).model);
    if (question !== turn.question) answer.question = question;
    showVersion(this.#conversation.turns, turn, turn.answers.push(answer) - 1);
    void this.#request(turn);
  }

  #ended(/** @type {Answer} */ answer) {
    this.#stopWanted = false;
    this.#keep();
    this.#tellState();
    const { status } = answer;
    if (status === 'completed') this.#listener.onSaid(words.saidDone);
    else if (status === 'cancelled') this.#listener.onSaid(words.saidStopped);
    else this.#listener.onSaid(problem(answer));
  }

  #tellState() {
    const running = this.running;
    this.#root.toggleAttribute('data-running', running !== undefined);
    if (!running) this.#listener.onState({ name: 'idle' });
    else if (running.status === 'asking') this.#listener.onState({ name: 'asking' });
    else this.#listener.onState({ name: 'connecting' });
  }

  #keep() {
    this.#conversation.updatedAt = Date.now();
    this.#listener.onKept(save(this.#conversation));
  }

  #viewOf(/** @type {Answer} */ answer) {
    return [...this.#shown.values()].map(({ view }) => view).find((view) => view.answer.id === answer.id);
  }
}
