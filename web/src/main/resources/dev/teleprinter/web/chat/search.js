// SPDX-License-Identifier: Apache-2.0

/** @import { Conversation, Turn } from './store.js' */

const AROUND = 24; // characters shown before what was found
const AFTER = 60;

/**
 * Conversations that have all words of `query` in their title, a question or an answer, in the given
 * order; `excerpt` is what is around the first word, if that is not in the title: before, hit, after.
 * @param {Conversation[]} conversations @param {string} query
 * @returns {{conversation: Conversation, excerpt: string[]}[]}
 */
export function find(conversations, query) {
  const wanted = query.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (wanted.length === 0) return conversations.map((conversation) => ({ conversation, excerpt: [] }));
  return conversations.flatMap((conversation) => {
    const texts = [conversation.title, ...said(conversation.turns)];
    const lower = texts.map((text) => text.toLowerCase());
    if (!wanted.every((word) => lower.some((text) => text.includes(word)))) return [];
    const at = lower.findIndex((text) => text.includes(wanted[0]));
    return [{ conversation, excerpt: at === 0 ? [] : excerpt(texts[at], lower[at].indexOf(wanted[0]), wanted[0].length) }];
  });
}

/** Every version, shown or not. @param {Turn[]} turns @returns {string[]} */
function said(turns) {
  return turns.flatMap(({ question, answers }) => [
    question,
    ...answers.flatMap((answer) => [answer.question ?? '', answer.text, ...said(answer.after ?? [])]),
  ]);
}

/** @param {string} text @param {number} at @param {number} length */
function excerpt(text, at, length) {
  const from = Math.max(0, at - AROUND);
  const before = (from > 0 ? '…' : '') + text.slice(from, at);
  return [before, text.slice(at, at + length), text.slice(at + length, at + length + AFTER)].map((part) => part.replace(/[*`#>|]+/g, '').replace(/\s+/g, ' '));
}
