// SPDX-License-Identifier: Apache-2.0

/** @import { Again, Echo, Silence, Statuses, Tick, Ticked } from './measure.js' */
/**
 * @typedef {'delivery' | 'compression' | 'response' | 'eventSource' | 'resume' | 'headers' | 'statuses' | 'idle' | 'tabs'} Subject
 * @typedef {{status: number, headers: Record<string, string>}} Head
 * @typedef {{state: 'good' | 'warn' | 'bad', says: string, facts?: string}} Verdict
 *   `says` in plain words; `facts` is what was measured.
 */

const SENT_EACH_MS = 100;

/** How late each tick was, in ms, beyond the one that came quickest; the two clocks may differ. */
export function lateness(/** @type {Tick[]} */ ticks) {
  const delays = ticks.map(({ sentAt, arrivedAt }) => arrivedAt - sentAt);
  const least = Math.min(...delays);
  return delays.map((delay) => delay - least);
}

/** Whether events come when they are sent. @returns {Verdict} */
export function delivery(/** @type {Ticked} */ { status, ticks, headMs }) {
  if (status !== 0 && status !== 200) {
    return { state: 'bad', says: `The stream was answered with status ${status}, not 200.` };
  }
  if (ticks.length < 3) {
    const head = headMs === null ? 'not even the response head came' : `the response head came after ${ms(headMs)}`;
    return {
      state: 'bad',
      says: 'Something holds events back: the server sent one every 100 ms, and none arrived.',
      facts: `${ticks.length} events in 5 s; ${head}`,
    };
  }
  const late = Math.max(...lateness(ticks));
  // By reads, not by time: a busy machine is late now and then, a buffer always hands out many at once.
  const together = ticks.filter(({ chunk }, i) => chunk === ticks[i - 1]?.chunk || chunk === ticks[i + 1]?.chunk);
  const share = together.length / ticks.length;
  const facts = `${ticks.length} events, ${ms(SENT_EACH_MS)} apart; the latest was ${ms(late)} late`;
  if (share >= 0.5) return { state: 'bad', says: 'Something collects events and hands them out in bursts.', facts };
  if (share >= 0.25) return { state: 'warn', says: 'Events arrive unevenly: a busy machine, or a small buffer.', facts };
  return { state: 'good', says: 'Events arrive one by one, as they are sent.', facts };
}

/** @param {Head} head @param {Ticked} ticked @returns {Verdict} */
export function compression({ headers }, ticked) {
  const encoding = ticked.headers['content-encoding'] ?? headers['content-encoding'];
  if (!encoding) return { state: 'good', says: 'Streams are not compressed on the way.' };
  const facts = `Content-Encoding: ${encoding}`;
  return delivery(ticked).state === 'bad'
    ? { state: 'bad', says: 'Something compresses streams, and keeps what it has until there is more.', facts }
    : { state: 'good', says: 'Streams are compressed on the way, and each event is let through at once.', facts };
}

/** Whether the response head is still the server's. @param {Head} head @returns {Verdict} */
export function response({ status, headers }) {
  if (status !== 200) return { state: 'bad', says: `The answer came with status ${status || 'none'}, not 200.` };
  const type = headers['content-type'] ?? 'none';
  const cache = headers['cache-control'] ?? 'none';
  const facts = `Content-Type: ${type}; Cache-Control: ${cache}`;
  if (!/^text\/event-stream\s*(;\s*charset="?utf-8"?)?$/i.test(type)) {
    return { state: 'bad', says: 'The content type was changed: a browser refuses the stream.', facts };
  }
  if (!/no-cache|no-store/.test(cache) || !/no-transform/.test(cache)) {
    return { state: 'warn', says: 'The caching header was changed: something may keep or rewrite streams.', facts };
  }
  return { state: 'good', says: 'The response head arrives as the server sent it.', facts };
}

/** @param {number | null} thirdMs @param {Ticked} ticked @returns {Verdict} */
export function eventSource(thirdMs, ticked) {
  if (thirdMs !== null) {
    return { state: 'good', says: 'The browser’s own EventSource reads the stream.', facts: `third event after ${ms(thirdMs)}` };
  }
  return ticked.ticks.length < 3
    ? { state: 'bad', says: 'The browser’s own EventSource gets no events either.' }
    : { state: 'bad', says: 'fetch gets events and EventSource does not: look for an extension or a service worker in this browser.' };
}

/** Whether a lost connection goes on where it was. @returns {Verdict} */
export function resume(/** @type {Again} */ { first, header, query }) {
  const facts = `Last-Event-ID: ${header ?? 'none'}; query: ${query ?? 'none'}`;
  if (!first) return { state: 'bad', says: 'A stream that ends at once never arrives, so nothing can be resumed.' };
  if (header === 'doctor-1') return { state: 'good', says: 'A lost connection is resumed with its cursor.', facts };
  return {
    state: 'bad',
    says: 'Last-Event-ID does not reach the server: a reader that comes back gets everything again, or misses some.',
    facts,
  };
}

/** @returns {Verdict} */
export function headers(/** @type {Echo} */ { headers: got, authorized, query }) {
  const sent = ['Last-Event-ID', 'Idempotency-Key', 'Teleprinter-On-Disconnect'];
  const lost = sent.filter((name) => got[name] === null);
  if (!authorized) lost.push('Authorization');
  if (query !== 3) lost.push('a part of the query');
  if (lost.length === 0) return { state: 'good', says: 'Every request header that clients need reaches the server.' };
  return { state: 'bad', says: `Dropped on the way to the server: ${lost.join(', ')}.` };
}

/** @returns {Verdict} */
export function statuses(/** @type {Statuses} */ { gone, busy, retryAfter }) {
  const facts = `204 came as ${gone || 'nothing'}, 503 as ${busy || 'nothing'}, Retry-After: ${retryAfter ?? 'none'}`;
  if (gone !== 204) return { state: 'bad', says: 'A 204 does not arrive: an EventSource never learns that a stream is over.', facts };
  if (busy !== 503 || retryAfter !== '7') {
    return { state: 'warn', says: 'Errors are rewritten on the way: clients cannot tell why, or when to come back.', facts };
  }
  return { state: 'good', says: 'Status codes arrive as they were sent.', facts };
}

/** Whether a silent stream lives. @param {Silence} silence @param {number} heartbeatMs @returns {Verdict} */
export function idle({ cut, openMs, heartbeats, longestMs }, heartbeatMs) {
  const facts = `open for ${ms(openMs)}, ${heartbeats} heartbeats, silent for at most ${ms(longestMs)}`;
  if (cut === 'refused') return { state: 'bad', says: 'A stream without events is answered with an error.', facts };
  if (cut !== 'no') {
    const says = `Something ${cut === 'reset' ? 'cuts' : 'ends'} a stream that is silent for ${ms(longestMs)}; ` +
      `the server’s heartbeat comes every ${ms(heartbeatMs)}.`;
    return { state: 'bad', says, facts };
  }
  if (heartbeats === 0) {
    return { state: 'bad', says: 'A silent stream stays open, but its heartbeats are held back.', facts };
  }
  return { state: 'good', says: 'A silent stream stays open, and its heartbeats come through.', facts };
}

/** @param {{opened: number, of: number}} streams @param {string} protocol @returns {Verdict} */
export function tabs({ opened, of }, protocol) {
  const name = { 'http/1.0': 'HTTP/1.0', 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2', h2c: 'HTTP/2', h3: 'HTTP/3' }[protocol] ?? protocol;
  const spoken = name ? `The browser speaks ${name} here.` : 'The browser does not say which HTTP it speaks here.';
  const facts = `${opened} of ${of} streams opened at once`;
  if (/^http\/1/.test(protocol)) { // whatever opened: streams that something cuts make room for others
    return { state: 'warn', says: `${spoken} It opens six connections to one site: with a stream in six tabs, the seventh waits, and so does everything else on it.`, facts };
  }
  if (opened >= of) return { state: 'good', says: `${spoken} Any number of tabs can read.`, facts };
  return { state: 'warn', says: `${spoken} Not all streams opened: something limits them.`, facts };
}

/** The page's own first sentence. */
export function summary(/** @type {Verdict[]} */ verdicts) {
  const bad = verdicts.filter(({ state }) => state === 'bad').length;
  const warn = verdicts.filter(({ state }) => state === 'warn').length;
  if (bad > 0) return 'Something is in the way.';
  return warn > 0 ? 'Streams get through.' : 'Nothing is in the way.';
}

function ms(/** @type {number} */ time) {
  return time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`;
}
