// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';
import { questionOf, shownAnswer } from './store.js';
import { words } from './words.js';

/** @import { Conversation } from './store.js' */

/** A conversation to take along: what is on the page, as Markdown. */
export function markdown(/** @type {Conversation} */ { title, instructions, turns }) {
  const parts = turns.flatMap((turn) => {
    const { model, text } = shownAnswer(turn);
    return [`## ${words.you}`, questionOf(turn), `## ${model}`, text.trim()];
  });
  const told = instructions ? [`> ${instructions.replaceAll('\n', '\n> ')}`] : [];
  return `${[`# ${title}`, ...told, ...parts].join('\n\n')}\n`;
}

/** Hands it to the browser as a file. */
export function download(/** @type {Conversation} */ conversation) {
  const href = URL.createObjectURL(new Blob([markdown(conversation)], { type: 'text/markdown' }));
  const name = conversation.title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60) || 'chat';
  h('a', { href, download: `${name}.md` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
