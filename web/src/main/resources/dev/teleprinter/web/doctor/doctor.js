// SPDX-License-Identifier: Apache-2.0
import { copy } from '../clipboard.js';
import { byId, h } from '../dom.js';
import { draw } from './chart.js';
import { cure, proxyOf, PROXIES } from './cures.js';
import { again, echo, eventSource, head, openAtOnce, silence, statuses, ticks } from './measure.js';
import * as verdicts from './verdicts.js';

/** @import { Proxy } from './cures.js' */
/** @import { Subject, Verdict } from './verdicts.js' */

/** @type {Record<Subject, string>} */
const TITLES = {
  delivery: 'Events in time',
  compression: 'Compression',
  response: 'Response head',
  eventSource: 'EventSource',
  resume: 'Coming back',
  headers: 'Request headers',
  statuses: 'Status codes',
  tabs: 'Many tabs',
  idle: 'Silence',
};
const SUBJECTS = /** @type {Subject[]} */ (Object.keys(TITLES));
const MARKS = { running: 'M10 3a7 7 0 1 1-7 7', good: 'm4 10.5 4 4 8-9', warn: 'M10 4v7.5M10 15.6v.1', bad: 'm5 5 10 10M15 5 5 15' };
const chart = /** @type {SVGElement} */ (document.querySelector('#chart'));
const picker = /** @type {HTMLSelectElement} */ (byId('proxy'));
const buttons = /** @type {HTMLButtonElement[]} */ ([byId('again'), byId('copy')]);
/** @type {Partial<Record<Subject, Verdict>>} */
let found = {};

picker.append(...Object.entries(PROXIES).map(([value, name]) => h('option', { value }, name)));
picker.addEventListener('change', () => SUBJECTS.forEach(show));
byId('again').addEventListener('click', () => void look());
byId('copy').addEventListener('click', async () => {
  await copy(report());
  byId('copy').textContent = 'Copied';
  setTimeout(() => (byId('copy').textContent = 'Copy the report'), 1600);
});
void look();

/** All checks; those that need connections of their own one after the other. */
async function look() {
  found = {};
  state('running', 'Looking');
  byId('summary').textContent = 'Does anything stand in the way?';
  for (const button of buttons) button.disabled = true;
  byId('checks').replaceChildren(...SUBJECTS.map((subject) => h('li', { id: subject, 'data-testid': `check-${subject}` })));
  SUBJECTS.forEach(show);
  draw(chart, []);
  const told = await echo().catch(() => undefined);
  if (!told) return unreachable();
  guess(told.seen, told.headers);
  const heartbeatMs = told.heartbeatMs;
  tell('headers', verdicts.headers(told));
  const quiet = silence(2 * heartbeatMs + 2000, (passedMs) => progress(passedMs, 2 * heartbeatMs + 2000));

  const native = eventSource();
  const ticked = await ticks((some) => draw(chart, some));
  const answer = await head();
  const delivered = verdicts.delivery(ticked);
  byId('chart-says').textContent = delivered.facts ?? delivered.says;
  tell('delivery', delivered);
  tell('compression', verdicts.compression(answer, ticked));
  tell('response', verdicts.response(answer));
  tell('eventSource', verdicts.eventSource(await native, ticked));
  tell('resume', verdicts.resume(await again()));
  tell('statuses', verdicts.statuses(await statuses()));
  tell('idle', verdicts.idle(await quiet, heartbeatMs));
  tell('tabs', verdicts.tabs(await openAtOnce(), told.protocol));
  finish();
}

function finish() {
  const all = Object.values(found);
  const worst = all.some((v) => v.state === 'bad') ? 'bad' : all.some((v) => v.state === 'warn') ? 'warn' : 'good';
  byId('summary').textContent = verdicts.summary(all);
  state(worst, { good: 'Healthy', warn: 'Healthy, with a remark', bad: 'Not healthy' }[worst]);
  for (const button of buttons) button.disabled = false;
}

function unreachable() {
  byId('summary').textContent = 'The server does not answer.';
  state('bad', 'Not reachable');
  byId('checks').replaceChildren();
  buttons[0].disabled = false;
}

/** @param {Subject} subject @param {Verdict} verdict */
function tell(subject, verdict) {
  found[subject] = verdict;
  show(subject);
}

function show(/** @type {Subject} */ subject) {
  const item = byId(subject);
  const verdict = found[subject];
  item.dataset.state = verdict?.state ?? 'running';
  const words = { good: 'good', warn: 'a remark', bad: 'wrong', running: 'being looked at' }[verdict?.state ?? 'running'];
  const body = h('div', {}, h('h2', {}, TITLES[subject], h('span', { class: 'visually-hidden' }, `: ${words}`)),
    h('p', { class: 'says' }, verdict?.says ?? (subject === 'idle' ? 'Listening to a stream that says nothing.' : 'Being looked at.')));
  if (verdict?.facts) body.append(h('p', { class: 'facts' }, verdict.facts));
  const remedy = verdict && verdict.state !== 'good' ? cure(proxy(), subject) : undefined;
  if (remedy) body.append(cureBox(remedy));
  item.replaceChildren(mark(verdict?.state ?? 'running'), body);
}

function cureBox(/** @type {string} */ text) {
  const button = h('button', { type: 'button' }, 'Copy');
  button.addEventListener('click', async () => {
    await copy(text);
    button.textContent = 'Copied';
  });
  return h('div', { class: 'cure', 'data-testid': 'cure' },
    h('header', {}, h('span', {}, `the cure${proxy() === 'none' ? '' : `, for ${PROXIES[proxy()]}`}`), button), h('pre', { tabindex: '0' }, text));
}

function progress(/** @type {number} */ passedMs, /** @type {number} */ lastMs) {
  const says = byId('idle').querySelector('.says');
  const left = Math.ceil((lastMs - passedMs) / 1000);
  if (says && !found.idle) says.textContent = `Listening to a stream that says nothing, for ${left} s more.`;
}

/** @param {Record<string, string>} seen @param {Record<string, string | null>} received */
function guess(seen, received) {
  const known = proxyOf(seen);
  const forwarded = ['Via', 'Forwarded', 'X-Forwarded-For'].filter((name) => received[name] !== null);
  if (known || forwarded.length > 0) picker.value = known ?? 'nginx';
  byId('guess').textContent = known
    ? 'as the answers say'
    : forwarded.length > 0
      ? `something: the server sees ${forwarded.join(', ')}`
      : 'as far as the headers tell';
}

function proxy() {
  return /** @type {Proxy} */ (picker.value);
}

function report() {
  const lines = SUBJECTS.map((subject) => {
    const { state, says, facts } = found[subject] ?? { state: 'running', says: '' };
    return `${state.padEnd(5)} ${TITLES[subject]}: ${says}${facts ? ` (${facts})` : ''}`;
  });
  return [`${location.origin}: ${byId('summary').textContent}`, ...lines, navigator.userAgent].join('\n');
}

function state(/** @type {string} */ name, /** @type {string} */ text) {
  byId('state').dataset.state = name;
  byId('state').textContent = text;
}

function mark(/** @type {keyof typeof MARKS} */ name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', MARKS[name]);
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'mark');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}
