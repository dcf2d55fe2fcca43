// SPDX-License-Identifier: Apache-2.0

/**
 * Conversations, kept in this browser. Each is one entry of localStorage, so that tabs that talk in
 * different conversations never overwrite each other; `storage` events tell the other tabs.
 *
 * @typedef {'asking' | 'refused' | 'printing' | 'completed' | 'cancelled' | 'incomplete' | 'failed' | 'cut' | 'lost'} Status
 *   `asking`: no answer from the server yet; `refused`: it took no question; the rest are Response statuses
 *   and those of `<teleprinter-text>`.
 * @typedef {{
 *   id: string, status: Status, model: string, askedAt: number, url: string, text: string,
 *   thinking: string, message: string, code: string, firstMs: number | null, tokensPerSecond: number | null,
 *   resumes: number, gap: boolean, question?: string, after?: Turn[]
 * }} Answer `url` is where to read it, "" before the server gave one; `question` if the turn's was
 *   edited for this one; `after`: the turns that followed it, while another version is shown.
 * @typedef {{id: string, question: string, answers: Answer[], shown: number}} Turn One question, and every answer to it.
 * @typedef {{id: string, title: string, updatedAt: number, turns: Turn[], instructions?: string}} Conversation
 *   `instructions`: what the model is told before every question.
 */

const PREFIX = 'teleprinter.chat.';
const PROGRESS = 'teleprinter.progress.';
const TITLE_CHARS = 80;

export const newId = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 8);

/** @returns {Conversation} */
export function newConversation() {
  return { id: newId(), title: '', updatedAt: Date.now(), turns: [] };
}

/** @param {string} question @param {string} model @returns {Turn} */
export function newTurn(question, model) {
  return { id: newId(), question, answers: [newAnswer(model)], shown: 0 };
}

/** @param {string} model @returns {Answer} */
export function newAnswer(model) {
  return {
    id: newId(), status: 'asking', model, askedAt: Date.now(), url: '', text: '', thinking: '', message: '',
    code: '', firstMs: null, tokensPerSecond: null, resumes: 0, gap: false,
  };
}

export const isRunning = (/** @type {Answer} */ { status }) => status === 'asking' || status === 'printing';

/** @param {Turn} turn */
export const shownAnswer = (turn) => turn.answers[Math.min(turn.shown, turn.answers.length - 1)];

/** As it was asked for the answer that is shown. @param {Turn} turn */
export const questionOf = (turn) => shownAnswer(turn).question ?? turn.question;

/** Shows another version of an answer, and the turns that followed that one. @param {Turn[]} turns @param {Turn} turn @param {number} version */
export function showVersion(turns, turn, version) {
  shownAnswer(turn).after = turns.splice(turns.indexOf(turn) + 1);
  turn.shown = version;
  turns.push(...(shownAnswer(turn).after ?? []));
  delete shownAnswer(turn).after;
}

/** @returns {Conversation | undefined} undefined when it is unknown or unreadable */
export function load(/** @type {string} */ id) {
  return read(localStorage, PREFIX + id);
}

/** All conversations, the latest first. */
export function list() {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .flatMap((key) => /** @type {Conversation[]} */ ([read(localStorage, key)].filter((c) => c !== undefined)))
    .sort((a, b) => b.updatedAt - a.updatedAt);
}

/** False when the browser has no room left. */
export function save(/** @type {Conversation} */ conversation) {
  const first = conversation.turns[0]?.question ?? '';
  conversation.title ||= first.trim().replace(/\s+/g, ' ').slice(0, TITLE_CHARS);
  return write(localStorage, PREFIX + conversation.id, conversation);
}

export function rename(/** @type {string} */ id, /** @type {string} */ title) {
  const conversation = load(id);
  if (conversation) save({ ...conversation, title });
}

export function remove(/** @type {string} */ id) {
  localStorage.removeItem(PREFIX + id);
}

/** Calls back when another tab changed the conversation with this id. */
export function onOtherTab(/** @type {(id: string) => void} */ changed) {
  addEventListener('storage', ({ key }) => {
    if (key?.startsWith(PREFIX)) changed(key.slice(PREFIX.length));
  });
}

/**
 * How far an answer has come in this tab: text and cursor in one entry, so that they always agree.
 * @param {string} id @param {{text: string, thinking: string, cursor: string}} progress
 */
export function saveProgress(id, { text, thinking, cursor }) {
  write(sessionStorage, PROGRESS + id, { text, thinking, cursor });
}

/** @returns {{text: string, thinking: string, cursor: string} | undefined} */
export function loadProgress(/** @type {string} */ id) {
  return read(sessionStorage, PROGRESS + id);
}

export function dropProgress(/** @type {string} */ id) {
  sessionStorage.removeItem(PROGRESS + id);
}

/** @template T @param {Storage} storage @param {string} key @returns {T | undefined} */
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? '') ?? undefined;
  } catch {
    return undefined; // absent, or not ours
  }
}

/** @param {Storage} storage @param {string} key @param {object} value */
function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // full
  }
}
