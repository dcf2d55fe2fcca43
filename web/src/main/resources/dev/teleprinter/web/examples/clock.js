// SPDX-License-Identifier: Apache-2.0

/**
 * The plainest use of an event stream: the browser's own EventSource, nothing else. Reconnecting and
 * `Last-Event-ID` are the browser's work. `?feed=URL` reads another feed, `&credentials=1` with cookies.
 *
 * @typedef {{id: number, message: string}} Tick `id`: seconds since 1970.
 */

const KEPT_ROWS = 12;
const asked = new URLSearchParams(location.search);
const feed = new URL(asked.get('feed') ?? '/examples/clock/feed', location.href);
const withCredentials = asked.get('credentials') === '1';
const counts = { events: 0, ignored: 0 };

show('feed', feed.origin === location.origin ? feed.pathname + feed.search : feed.href);
show('curl', `curl -N ${feed.href}`);
if (!('EventSource' in globalThis)) {
  state('unsupported', 'Not supported');
  problem('This browser has no EventSource, so it cannot read event streams.');
} else if (!['http:', 'https:'].includes(feed.protocol)) {
  state('failed', 'Closed');
  problem('The feed must be an http or https address.');
} else {
  listen();
}

function listen() {
  const source = new EventSource(feed, { withCredentials });
  source.addEventListener('open', () => {
    state('open', 'Open');
    problem('');
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CONNECTING) {
      state('reconnecting', 'Reconnecting');
      problem('The connection is gone; the browser tries again by itself.');
    } else {
      state('failed', 'Closed');
      problem('The server ended this feed or refused it; the browser will not try again.');
    }
  });
  source.addEventListener('message', (event) => take(event, (tick) => {
    show('time', /\d{2}:\d{2}:\d{2}/.exec(tick.message)?.[0] ?? tick.message);
    show('greeting', tick.message);
  }));
  source.addEventListener('greeting', (event) => take(event, (tick) => show('greeting', tick.message)));
}

/** @param {MessageEvent<string>} event @param {(tick: Tick) => void} use */
function take(event, use) {
  // Events come from our EventSource alone, yet after redirects it may be another's voice.
  if (event.origin !== feed.origin) return ignore(event, `came from ${event.origin}`);
  const tick = read(event.data);
  if (!tick) return ignore(event, event.data === 'null' ? 'null' : 'not a tick');
  counts.events++;
  show('count', String(counts.events));
  show('last-id', event.lastEventId || 'none');
  use(tick);
  row(event, '');
}

/** @param {MessageEvent<string>} event @param {string} why */
function ignore(event, why) {
  counts.ignored++;
  show('ignored', String(counts.ignored));
  show('last-id', event.lastEventId || 'none');
  row(event, why);
}

/** The tick in `data`, JSON on one line or several; undefined for null and whatever else. @returns {Tick | undefined} */
function read(/** @type {string} */ data) {
  try {
    const { id, message } = JSON.parse(data) ?? {};
    return typeof id === 'number' && typeof message === 'string' ? { id, message } : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** @param {MessageEvent<string>} event @param {string} ignored */
function row({ lastEventId, type, data }, ignored) {
  const tr = document.createElement('tr');
  for (const text of [lastEventId, type, data]) {
    tr.insertCell().textContent = text;
  }
  tr.dataset.type = type;
  if (ignored) tr.title = `Ignored: ${ignored}`;
  tr.classList.toggle('ignored', ignored !== '');
  const rows = element('events');
  rows.prepend(tr);
  while (rows.childElementCount > KEPT_ROWS) rows.lastElementChild?.remove();
}

function state(/** @type {string} */ name, /** @type {string} */ text) {
  element('state').dataset.state = name;
  show('state', text);
}

function problem(/** @type {string} */ text) {
  element('problem').hidden = text === '';
  show('problem', text);
}

function show(/** @type {string} */ id, /** @type {string} */ text) {
  element(id).textContent = text;
}

/** @returns {HTMLElement} */
function element(/** @type {string} */ id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`id: ${id} (expected: in the page)`);
  return found;
}
