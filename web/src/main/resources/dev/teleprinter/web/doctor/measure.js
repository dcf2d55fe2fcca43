// SPDX-License-Identifier: Apache-2.0
import { EventStreamDecoder } from '../event-stream.js';

/**
 * @typedef {{sentAt: number, arrivedAt: number, chunk: number}} Tick
 *   Times in ms, each by its own clock; ticks with one `chunk` came in one read.
 * @typedef {{status: number, headers: Record<string, string>, headMs: number | null, ticks: Tick[]}} Ticked
 * @typedef {{openMs: number, heartbeats: number, longestMs: number, cut: 'no' | 'ended' | 'reset' | 'refused'}} Silence
 *   `longestMs`: the longest time without a byte.
 * @typedef {{heartbeatMs: number, headers: Record<string, string | null>, authorized: boolean, query: number,
 *   protocol: string, seen: Record<string, string>}} Echo `seen`: the answer's headers.
 * @typedef {{first: boolean, header: string | null, query: string | null}} Again
 * @typedef {{gone: number, busy: number, retryAfter: string | null}} Statuses 0: no answer at all.
 */

const TICKS = 25;
const PATIENCE_MS = 5000;
const STREAMS = 7;

/** Reads ticks, sent 100 ms apart, until there are enough. */
export async function ticks(/** @type {(ticks: Tick[]) => void} */ onTicks) {
  const leave = new AbortController();
  const patience = setTimeout(() => leave.abort(), PATIENCE_MS);
  const begin = performance.now();
  /** @type {Ticked} */
  const found = { status: 0, headers: {}, headMs: null, ticks: [] };
  const decoder = new EventStreamDecoder();
  try {
    const response = await stream('/doctor/ticks', leave.signal);
    Object.assign(found, { status: response.status, headers: headersOf(response), headMs: performance.now() - begin });
    let chunk = 0;
    for await (const bytes of chunks(response)) {
      const arrivedAt = performance.now();
      const events = decoder.decode(bytes);
      found.ticks.push(...events.map(({ data }) => ({ sentAt: Number(JSON.parse(data).at), arrivedAt, chunk })));
      chunk++;
      if (events.length > 0) onTicks(found.ticks);
      if (found.ticks.length >= TICKS) break;
    }
  } catch {
    // what was found until then tells
  }
  clearTimeout(patience);
  leave.abort();
  return found;
}

/** The browser's own EventSource on the same ticks: ms to its third event, null if it got none in time. */
export function eventSource() {
  return new Promise((/** @type {(ms: number | null) => void} */ resolve) => {
    const begin = performance.now();
    const source = new EventSource('/doctor/ticks');
    let events = 0;
    const end = (/** @type {number | null} */ ms) => {
      source.close();
      clearTimeout(patience);
      resolve(ms);
    };
    const patience = setTimeout(() => end(null), PATIENCE_MS);
    source.onmessage = () => ++events === 3 && end(performance.now() - begin);
    source.onerror = () => source.readyState === EventSource.CLOSED && end(null);
  });
}

/**
 * Reads a stream that says nothing but heartbeats, for `lastMs`.
 * @param {number} lastMs @param {(passedMs: number) => void} onPassed
 */
export async function silence(lastMs, onPassed) {
  const leave = new AbortController();
  const begin = performance.now();
  let byteAt = begin;
  /** @type {Silence} */
  const found = { openMs: 0, heartbeats: -1, longestMs: 0, cut: 'no' }; // the first bytes are no heartbeat
  const clock = setInterval(() => {
    const passed = performance.now() - begin;
    onPassed(Math.min(passed, lastMs));
    if (passed >= lastMs) leave.abort();
  }, 100);
  try {
    const response = await stream('/doctor/silence', leave.signal);
    if (!response.ok) found.cut = 'refused';
    for await (const _ of chunks(response)) {
      found.heartbeats++;
      found.longestMs = Math.max(found.longestMs, performance.now() - byteAt);
      byteAt = performance.now();
    }
    if (found.cut === 'no' && !leave.signal.aborted) found.cut = 'ended';
  } catch {
    if (!leave.signal.aborted) found.cut = 'reset';
  }
  clearInterval(clock);
  found.openMs = performance.now() - begin;
  found.longestMs = Math.max(found.longestMs, performance.now() - byteAt);
  found.heartbeats = Math.max(0, found.heartbeats);
  return found;
}

/** What the server received of a request with all the headers that clients of ours send. */
export async function echo() {
  const url = new URL('/doctor/echo?last_event_id=doctor-0&topic=a&topic=b', location.href);
  const headers = {
    Accept: 'text/event-stream',
    'Last-Event-ID': 'doctor-0',
    'Idempotency-Key': 'doctor',
    'Teleprinter-On-Disconnect': 'continue',
    Authorization: 'Bearer doctor',
  };
  const response = await fetch(url, { headers, cache: 'no-store' });
  const body = /** @type {Omit<Echo, 'protocol' | 'seen'>} */ (await response.json());
  const [timing] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByName(url.href));
  return { ...body, protocol: timing?.nextHopProtocol ?? '', seen: headersOf(response) };
}

/** Lets a native EventSource lose its connection and come back. @returns {Promise<Again>} */
export function again() {
  return new Promise((resolve) => {
    const source = new EventSource('/doctor/again?last_event_id=stale');
    /** @type {Again} */
    let found = { first: false, header: null, query: null };
    const end = () => {
      source.close();
      clearTimeout(patience);
      resolve(found);
    };
    const patience = setTimeout(end, PATIENCE_MS);
    source.onmessage = ({ data }) => {
      const came = JSON.parse(data);
      if (found.first) {
        found = { first: true, ...came };
        end();
      }
      found.first = true;
    };
    source.onerror = () => source.readyState === EventSource.CLOSED && end();
  });
}

/** The head of an answer that is an event stream and ends at once: it arrives though streams are held. */
export async function head() {
  const response = await stream('/doctor/again', AbortSignal.timeout(PATIENCE_MS)).catch(() => Response.error());
  return { status: response.status, headers: headersOf(response) };
}

/** Whether a 204 and a 503 arrive as such. @returns {Promise<Statuses>} */
export async function statuses() {
  const ask = (/** @type {string} */ path) => fetch(path, { cache: 'no-store' }).catch(() => Response.error());
  const [gone, busy] = [await ask('/doctor/gone'), await ask('/doctor/busy')];
  return { gone: gone.status, busy: busy.status, retryAfter: busy.headers.get('Retry-After') };
}

/** How many of seven streams open at one time, `already` open ones among them. */
export async function openAtOnce(already = 0) {
  const leave = new AbortController();
  let opened = already;
  const all = Array.from({ length: STREAMS - already }, () =>
    stream('/doctor/silence', leave.signal).then(() => opened++, () => undefined),
  );
  const patience = new Promise((resolve) => setTimeout(resolve, 2500));
  await Promise.race([Promise.all(all), patience]);
  leave.abort();
  return { opened, of: STREAMS };
}

function stream(/** @type {string} */ path, /** @type {AbortSignal} */ signal) {
  return fetch(path, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal });
}

/** @param {Response} response */
async function* chunks({ body }) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (body).getReader();
  for (let next; !(next = await reader.read()).done; ) yield next.value;
}

/** @returns {Record<string, string>} */
function headersOf(/** @type {Response} */ response) {
  return Object.fromEntries(response.headers);
}
