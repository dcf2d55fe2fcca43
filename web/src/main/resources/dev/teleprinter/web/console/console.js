// SPDX-License-Identifier: Apache-2.0
import { copy } from '../clipboard.js';
import { byId, h } from '../dom.js';
import { Teleprinter } from '../teleprinter.js';
import { download } from './download.js';
import { bytes, count, time } from './figures.js';
import { MemoryBar } from './memory.js';
import { cell, pressTwice, Rows } from './rows.js';
import { addressOf, Tail } from './tail.js';
import { Tiles } from './tiles.js';

/** @import { State, StreamEvent } from '../teleprinter.js' */
/**
 * What the server says of itself, once a second.
 * @typedef {{name: string, closed: boolean, earliest: number, latest: number, events: number, bytes: number,
 *   appended: number, readers: number}} Topic
 * @typedef {{number: number, remote: string, protocol: string, client: string, topics: string[], cursor: number,
 *   moreTopics: number, behind: number, heldBytes: number, openMs: number}} Reader
 *   `behind`: numbers of the hub's sequence up to its topics' latest. `client`: its User-Agent.
 *   `moreTopics`: how many it reads beside those that are named.
 * @typedef {{max: number, reserved: number, declined: number, topics: number, requests: number, replies: number,
 *   answers: number}} Memory The account of memory, in bytes, by holder. `declined`: reservations, since the start.
 * @typedef {{count: number, p50Ms: number, p99Ms: number}} Delays
 * @typedef {{at: number, upMs: number, epoch: string, latest: number, eventsPerSecond: number, sentPerSecond: number,
 *   sentBytesPerSecond: number, delay: Delays, open: number, closed: number, keptEvents: number, keptBytes: number,
 *   readers: number, shed: number, resumed: number, ended: Record<string, number>, diskBytes?: number,
 *   diskFiles?: number, writeFailures?: number, force?: Delays, heapBytes: number, heapBytesMax: number,
 *   pausedMs: number, memory: Memory, topicList: Topic[], readerList: Reader[]}} Snapshot
 */

const OURS = /^(resp_|chatcmpl-|\/console\/|\/doctor\/|\/examples\/clock)/;
/** As each names itself; several name the ones below them too. */
const BROWSERS = [['Edg', 'Edge'], ['OPR', 'Opera'], ['Firefox', 'Firefox'], ['Chrome', 'Chrome'], ['Version', 'Safari']];
const filter = /** @type {HTMLInputElement} */ (byId('filter'));
const from = /** @type {HTMLSelectElement} */ (byId('from'));
const fromId = /** @type {HTMLInputElement} */ (byId('from-id'));
const only = /** @type {HTMLInputElement} */ (byId('only'));
const form = /** @type {HTMLFormElement} */ (byId('publish'));
const published = byId('published');
const tiles = new Tiles(byId('tiles'));
const memory = new MemoryBar(byId('memory-part'));
const tail = new Tail(byId('tail'), byId('tail-state'));
/** @type {Snapshot | undefined} */
let latest;
let chosen = '';

/** @type {Rows<Topic>} */
const topics = new Rows(byId('topics'), (row) => {
  const name = h('button', { type: 'button', class: 'name' });
  row.insertCell().append(name);
  name.addEventListener('click', () => choose(name.textContent ?? ''));
  const cells = [cell(row), cell(row, 'n'), cell(row, 'n'), cell(row, 'n'), cell(row, 'n')];
  return (topic) => {
    if (name.textContent !== topic.name) name.textContent = topic.name;
    row.dataset.state = topic.closed ? 'closed' : 'open';
    row.toggleAttribute('aria-current', topic.name === chosen);
    const texts = [topic.closed ? 'closed' : 'open', count(topic.events), bytes(topic.bytes), String(topic.latest), count(topic.readers)];
    cells.forEach((set, i) => set(texts[i]));
  };
});

/** @type {Rows<Reader>} */
const readers = new Rows(byId('readers'), (row) => {
  const cells = ['', '', '', 'wide', 'n', 'n', 'n', 'n'].map((className) => cell(row, className));
  const button = h('button', { type: 'button', class: 'shed' });
  row.insertCell().append(button);
  let number = 0;
  pressTwice(button, 'Shed', () => void shed(number));
  return (reader) => {
    number = reader.number;
    button.setAttribute('aria-label', `Shed the reader ${reader.remote}`);
    const [first = 'by a pattern', ...others] = reader.topics;
    const more = others.length + reader.moreTopics;
    cells.forEach((set, i) => set([
      reader.remote, reader.protocol, software(reader.client), more > 0 ? `${first} and ${more} more` : first, String(reader.cursor),
      reader.behind > 0 ? count(reader.behind) : '0', reader.heldBytes > 0 ? bytes(reader.heldBytes) : '0', time(reader.openMs),
    ][i]));
    row.cells[2].title = reader.client;
  };
});

const feed = new Teleprinter('/console/feed', { isLast: () => false });
feed.addEventListener('event', (e) => {
  latest = JSON.parse(/** @type {CustomEvent<StreamEvent>} */ (e).detail.data);
  show();
});
feed.addEventListener('state', () => showState(feed.state));

filter.addEventListener('input', show);
from.addEventListener('change', () => {
  byId('from-id-part').hidden = from.value !== 'id';
  if (from.value === 'id') fromId.focus();
  else follow();
});
fromId.addEventListener('change', follow);
only.addEventListener('change', show);
byId('curl').addEventListener('click', async () => {
  await copy(`curl -N '${new URL(addressOf(chosen, cursor()), location.href).href.replaceAll("'", '%27')}'`);
  byId('curl').textContent = 'Copied';
  setTimeout(() => (byId('curl').textContent = 'Copy as curl'), 1600);
});
byId('download').addEventListener('click', () => void save(chosen));
pressTwice(/** @type {HTMLButtonElement} */ (byId('topic-end')), 'Close this topic', () => void end(chosen));
form.addEventListener('submit', (e) => {
  e.preventDefault();
  void publish(new FormData(form));
});
byId('configuration-part').addEventListener('toggle', async () => {
  const response = await fetch('/console/configuration');
  byId('configuration').textContent = await response.text();
}, { once: true });

function show() {
  if (!latest) return;
  tiles.show(latest);
  memory.show(latest.memory);
  const wanted = latest.topicList.filter(({ name }) => name.toLowerCase().includes(filter.value.trim().toLowerCase()));
  topics.show(wanted, ({ name }) => name);
  const shown = latest.readerList.filter(({ topics: read }) => !only.checked || read.includes(chosen));
  readers.show(shown, ({ number }) => String(number));
  const all = latest.open + latest.closed;
  byId('topics-note').textContent = all > latest.topicList.length
    ? `The ${latest.topicList.length} with the latest events, of ${count(all)}.`
    : wanted.length === 0 ? (all === 0 ? 'No topic yet: publish an event, or ask a question.' : 'None has this in its name.') : '';
  byId('readers-note').textContent = latest.readers > latest.readerList.length
    ? `${latest.readerList.length} of ${count(latest.readers)}.`
    : shown.length === 0 ? 'Nobody reads it now.' : 'Behind: numbers of the hub’s sequence from its cursor to the latest event of what it reads.';
  const topic = latest.topicList.find(({ name }) => name === chosen);
  byId('topic-end').hidden = !topic || topic.closed || (OURS.test(chosen) && !isAnswer(chosen));
}

function choose(/** @type {string} */ topic) {
  chosen = topic;
  byId('topic-title').textContent = topic;
  byId('hint').hidden = true;
  byId('tail-part').hidden = false;
  byId('topic-end').textContent = isAnswer(topic) ? 'Cancel this answer' : 'Close this topic';
  byId('only-part').hidden = false;
  byId('only-topic').textContent = topic;
  if (from.value === 'id') from.value = 'earliest'; // an id of another topic
  byId('from-id-part').hidden = true;
  if (!OURS.test(topic)) /** @type {HTMLInputElement} */ (form.elements.namedItem('topic')).value = topic;
  follow();
  show();
}

function follow() {
  tail.follow(chosen, cursor());
}

/** From where the chosen topic is read: an event id, "earliest", or "" for now on. */
function cursor() {
  return from.value === 'id' ? fromId.value.trim() : from.value;
}

/** What people call the software that names itself so. */
function software(/** @type {string} */ client) {
  for (const [mark, name] of BROWSERS) {
    const version = new RegExp(`${mark}/(\\d+)`).exec(client)?.[1];
    if (version) return `${name} ${version}`;
  }
  return client.split(/[ ;(]/)[0] || 'does not say';
}

function isAnswer(/** @type {string} */ topic) {
  return /^(resp_|chatcmpl-)/.test(topic);
}

async function publish(/** @type {FormData} */ fields) {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (name === 'data' || value !== '') body.append(name, String(value));
  const { ok, text } = await post('/.well-known/mercure', body);
  published.dataset.state = ok ? 'good' : 'bad';
  published.textContent = ok ? `as ${text}` : text;
  if (!ok) return;
  for (const name of ['data', 'id']) /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = '';
  if (chosen !== fields.get('topic')) choose(String(fields.get('topic')));
}

/** Ends a topic: an answer by its API, which stops the model. */
async function end(/** @type {string} */ topic) {
  const api = topic.startsWith('resp_') ? '/v1/responses/' : '/v1/chat/completions/';
  const { ok, text } = isAnswer(topic)
    ? await post(`${api}${encodeURIComponent(topic)}/cancel`)
    : await post('/.well-known/mercure', new URLSearchParams({ topic, close: '1' }));
  problem(ok ? '' : text);
}

async function save(/** @type {string} */ topic) {
  const button = /** @type {HTMLButtonElement} */ (byId('download'));
  button.disabled = true;
  problem('');
  try {
    await download(topic, (size) => (button.textContent = `Downloading, ${bytes(size)}`));
  } catch (e) {
    problem(words(/** @type {Error} */ (e).message) ?? 'The download failed.');
  } finally {
    button.disabled = false;
    button.textContent = 'Download';
  }
}

async function shed(/** @type {number} */ number) {
  const { ok, text } = await post(`/console/readers/${number}/shed`);
  problem(ok ? '' : text);
}

/** @param {string} url @param {URLSearchParams} [body] */
async function post(url, body) {
  try {
    const response = await fetch(url, { method: 'POST', body });
    const text = await response.text();
    return { ok: response.ok, text: response.ok ? text : (words(text) ?? `${response.status} ${response.statusText}`) };
  } catch {
    return { ok: false, text: 'The server cannot be reached.' };
  }
}

/** What a problem document says. @returns {string | undefined} */
function words(/** @type {string} */ json) {
  try {
    const { detail, error } = JSON.parse(json);
    return detail ?? error?.message;
  } catch {
    return undefined; // not one of ours
  }
}

function showState(/** @type {State} */ state) {
  const [kind, text] = {
    connecting: ['running', 'Connecting'], 'catching-up': ['open', 'Live'], tailing: ['open', 'Live'],
    retrying: ['running', 'Reconnecting'], closed: ['bad', 'Closed'], failed: ['bad', 'Refused'],
  }[state.name];
  byId('state').dataset.state = kind;
  byId('state').textContent = text;
  problem(state.name === 'failed' ? state.message : '');
}

function problem(/** @type {string} */ text) {
  byId('problem').textContent = text;
  byId('problem').hidden = text === '';
}
