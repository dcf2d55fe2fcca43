// SPDX-License-Identifier: Apache-2.0

/**
 * Markdown that is still being typed, made to look as it will look once it is finished: an open
 * emphasis or code span is closed, half a link shows its text, half an image or formula nothing, a marker
 * without content is not yet there, the first row of a table is one. Only the end of `text` changes.
 * `text` begins outside any fence.
 */
export function repair(/** @type {string} */ text) {
  if (endsInFence(text)) return text;
  const from = lastGroup(text);
  const head = text.slice(0, from);
  const tail = text.slice(from);
  if (/^ {0,3}\|/.test(tail)) return head + tableStart(tail);
  const [marker] = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?|#{1,6}[ \t]+)*/.exec(tail) ?? [''];
  return head + withoutBareMarker(marker + closeInline(tail.slice(marker.length)));
}

/** What ends a formula. @type {Record<string, string>} */
const CLOSERS = { $$: '$$', '\\(': '\\)', '\\[': '\\]' };
const FORMULA_MAX = 600; // characters that are not shown before it is whole

/** Keeps each line of code and each row of a table whole while it is typed. The text only grows. */
export class WholeLines {
  #start = 0;
  #fence = '';

  /** `cut`, or the start of its line if that line is not to be shown in part. */
  hold(/** @type {string} */ text, /** @type {number} */ cut) {
    let end = text.indexOf('\n', this.#start);
    while (end !== -1 && end < cut) {
      this.#fence = fenceAfter(this.#fence, text.slice(this.#start, end));
      this.#start = end + 1;
      end = text.indexOf('\n', this.#start);
    }
    const whole = this.#fence || /^ {0,3}(\||`{2}|~{2})/.test(text.slice(this.#start, this.#start + 6));
    return whole && (end === -1 || cut < end) ? Math.min(cut, this.#start) : cut;
  }
}

export function endsInFence(/** @type {string} */ text) {
  if (!text.includes('```') && !text.includes('~~~')) return false;
  return text.split('\n').reduce(fenceAfter, '') !== '';
}

/** The fence that is open after `line`, "" for none (CommonMark 4.5). */
function fenceAfter(/** @type {string} */ open, /** @type {string} */ line) {
  const [, fence, info] = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (!fence) return open;
  if (!open) return fence[0] === '`' && info.includes('`') ? '' : fence;
  return fence[0] === open[0] && fence.length >= open.length && !info.trim() ? '' : open;
}

/** Where the last run of lines begins that inline marks may span. */
function lastGroup(/** @type {string} */ text) {
  let from = text.lastIndexOf('\n\n') + 2;
  if (from === 1) from = 0;
  const fence = /(?:^|\n)[ \t>]*(?:`{3}|~{3})[^\n]*(?:\n|$)/g; // closed ones only
  fence.lastIndex = Math.max(0, from - 1);
  for (; fence.exec(text); fence.lastIndex--) from = Math.max(from, fence.lastIndex);
  const starts = /\n(?=[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]))/g;
  starts.lastIndex = from;
  for (let found; (found = starts.exec(text)); ) from = found.index + 1;
  return from;
}

/** A lone header row, or one with half its rule, as a table already. */
function tableStart(/** @type {string} */ tail) {
  const [header, rule = '', ...rows] = tail.split('\n');
  if (rows.length > 0 || !/^[\s|:-]*$/.test(rule)) return tail;
  const cells = header.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/).length;
  return `${header}\n|${' --- |'.repeat(cells)}\n`;
}

/** Without a last line that is only the beginning of a list, heading, quote, fence or underline. */
function withoutBareMarker(/** @type {string} */ text) {
  return text.replace(/(^|\n)[ \t]*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>|`{1,2}|~{1,2}|=+|--+)[ \t]*$/, '$1');
}

function closeInline(/** @type {string} */ text) {
  /** @type {{mark: string, at: number}[]} */
  const open = [];
  let brackets = -1; // where an unfinished link or image begins
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    const [formula] = /^(?:\$\$|\\\(|\\\[)/.exec(text.slice(i, i + 2)) ?? [];
    if (formula) {
      const end = text.indexOf(CLOSERS[formula], i + 2);
      if (end === -1) return text.length - i < FORMULA_MAX ? finish(text.slice(0, i), open, '', -1) : text;
      i = end + 2;
    } else if (c === '\\') {
      i += 2;
    } else if (c === '`') {
      const [run] = /^`+/.exec(text.slice(i)) ?? [''];
      const end = closingRun(text, run, i + run.length);
      if (end === -1) return finish(text, open, run, i);
      i = end;
    } else if (c === '[') {
      const end = linkEnd(text, i);
      if (end === -1) {
        brackets = i;
        break;
      }
      i = end;
    } else if (c === '*' || c === '_' || c === '~') {
      i = mark(text, i, open);
    } else {
      i++;
    }
  }
  return finish(brackets === -1 ? text : neutralLink(text, brackets), open, '', -1);
}

/** Opens or closes the emphasis at `i`; returns where it ends. */
function mark(/** @type {string} */ text, /** @type {number} */ i, /** @type {{mark: string, at: number}[]} */ open) {
  const c = text[i];
  let end = i;
  while (text[end] === c) end++;
  const before = text[i - 1] ?? ' ';
  const after = text[end] ?? ' ';
  if (c === '_' && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)) return end;
  for (let at = i; at < end; ) {
    const length = end - at >= 2 ? 2 : 1;
    const run = c.repeat(length);
    const opener = open.findLastIndex((o) => o.mark === run);
    if (c === '~' && length === 1 && end < text.length) return end;
    if (opener !== -1 && /\S/.test(before)) open.splice(opener);
    else if (/\S/.test(after) || end === text.length) open.push({ mark: run, at });
    at += length;
  }
  return end;
}

/** `text` with what is open closed; a mark at the very end has no content yet and goes. */
function finish(/** @type {string} */ text, /** @type {{mark: string, at: number}[]} */ open, /** @type {string} */ run, /** @type {number} */ at) {
  let result = text;
  const marks = open.map((o) => o);
  if (run) marks.push({ mark: run, at });
  for (let last; (last = marks[marks.length - 1]) && last.at + last.mark.length >= result.trimEnd().length; ) {
    result = result.slice(0, last.at);
    marks.pop();
  }
  if (marks.length === 0) return result;
  if (!run || marks[marks.length - 1].at !== at) result = result.trimEnd();
  return result + marks.reverse().map((o) => o.mark).join('');
}

function closingRun(/** @type {string} */ text, /** @type {string} */ run, /** @type {number} */ from) {
  for (const found of text.slice(from).matchAll(/`+/g)) {
    if (found[0].length === run.length) return from + found.index + run.length;
  }
  return -1;
}

/** Where the link that begins at `i` ends; just past "[" if it is none; -1 if it is unfinished. */
function linkEnd(/** @type {string} */ text, /** @type {number} */ i) {
  const rest = text.slice(i);
  const [label] = /^\[(?:[^[\]\\]|\\.|\[[^\]]*\])*\]/.exec(rest) ?? [];
  if (!label) return /^\[(?=\s|$)|\n\n/.test(rest) && rest.length > 1 ? i + 1 : -1;
  const after = rest[label.length];
  if (after === undefined) return text[i - 1] === '!' ? -1 : i + label.length;
  if (after !== '(') return i + label.length;
  const [target] = /^\((?:[^()\\\n]|\\.|\([^()]*\))*\)/.exec(rest.slice(label.length)) ?? [];
  if (target) return i + label.length + target.length;
  return /\n/.test(rest.slice(label.length)) ? i + label.length : -1;
}

/** Half a link as its text alone; half an image as nothing. */
function neutralLink(/** @type {string} */ text, /** @type {number} */ at) {
  if (text[at - 1] === '!') return text.slice(0, at - 1);
  const [, label] = /^\[((?:[^[\]\\]|\\.|\[[^\]]*\])*)/.exec(text.slice(at)) ?? ['', ''];
  return text.slice(0, at) + label;
}
