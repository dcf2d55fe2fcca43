// SPDX-License-Identifier: Apache-2.0

import { questionOf, shownAnswer } from './store.js';

/** @import { Turn } from './store.js' */
/** @typedef {{role: 'user' | 'assistant', content: string}} Message */

/** A refusal by the server, in its own words. */
export class Refused extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks for an answer that goes on without us. `key` names the question, so that asking twice for
 * one reason is one question.
 * @param {{model: string, input: Message[], instructions?: string}} question @param {string} key
 * @returns {Promise<string>} where to read the answer
 */
export async function ask(question, key) {
  const response = await fetch('/v1/responses', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ ...question, background: true, stream: false }),
  });
  const json = await response.json().catch(() => ({}));
  if (!response.ok || !json.id) {
    throw new Refused(json.error?.message ?? json.detail ?? `HTTP ${response.status}`, response.status);
  }
  return response.headers.get('Content-Location') ?? `/v1/responses/${encodeURIComponent(json.id)}?stream=true`;
}

/** The names of the models one may ask. */
export async function models() {
  const response = await fetch('/v1/models');
  if (!response.ok) throw new Refused(`HTTP ${response.status}`, response.status);
  const { data = [] } = /** @type {{data?: {id: string}[]}} */ (await response.json());
  return data.map(({ id }) => id);
}

/** What the model must know to answer the last of `turns`. @returns {Message[]} */
export function context(/** @type {Turn[]} */ turns) {
  return turns.flatMap((turn, i) => {
    const text = i === turns.length - 1 ? '' : shownAnswer(turn).text;
    /** @type {Message[]} */
    const messages = [{ role: 'user', content: questionOf(turn) }];
    return text ? [...messages, { role: 'assistant', content: text }] : messages;
  });
}
