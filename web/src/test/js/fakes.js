// SPDX-License-Identifier: Apache-2.0

/** An EventSource that does what the test says. Like the real one it calls nobody after close(). */
export class FakeEventSource extends EventTarget {
  /** @type {FakeEventSource[]} Every one made since `forget()`. */
  static made = [];
  readyState = 0;
  onopen = () => {};

  static forget() {
    FakeEventSource.made = [];
  }

  static get latest() {
    return FakeEventSource.made.at(-1);
  }

  constructor(url) {
    super();
    this.url = new URL(url);
    FakeEventSource.made.push(this);
  }

  opens() {
    this.readyState = 1;
    this.onopen();
  }

  sends(data, { id = '', type = 'message' } = {}) {
    if (this.readyState === 1) this.dispatchEvent(new MessageEvent(type, { data, lastEventId: id }));
  }

  /** The connection is lost; the browser will try again by itself. */
  drops() {
    this.readyState = 0;
    this.dispatchEvent(new Event('error'));
  }

  /** The browser gives up, as for any status but 200. */
  givesUp() {
    this.readyState = 2;
    this.dispatchEvent(new Event('error'));
  }

  close() {
    this.readyState = 2;
    this.closed = true;
  }
}

/** A fetch that answers with `answers` in turn, and remembers what it was asked. */
export function scriptedFetch(...answers) {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url: new URL(url), init });
    const answer = answers.shift();
    if (answer instanceof Error || answer === undefined) throw answer ?? new TypeError('unreachable');
    return new Response(answer.body ?? null, answer);
  };
  return { fetch, asked };
}

/** Lets everything that is already resolved run. */
export async function settle() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** An event stream whose bytes come when the test says. */
export function scriptedStream(headers = {}) {
  let controller;
  const body = new ReadableStream({ start: (c) => (controller = c) });
  const text = new TextEncoder();
  return {
    response: new Response(body, { headers: { 'Content-Type': 'text/event-stream', ...headers } }),
    sends: (block) => controller.enqueue(text.encode(block)),
    ends: () => controller.close(),
    breaks: () => controller.error(new TypeError('cut')),
  };
}

/** Lets the module load and what was read go through. */
export async function turn() {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A web storage that counts what is written. */
export class FakeStorage {
  cells = new Map();
  writes = 0;
  #full;

  constructor({ full = false } = {}) {
    this.#full = full;
  }

  getItem(key) {
    return this.cells.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.#full) throw new DOMException('full', 'QuotaExceededError');
    this.writes++;
    this.cells.set(key, value);
  }

  removeItem(key) {
    this.cells.delete(key);
  }

  value(key) {
    return JSON.parse(this.cells.get(`teleprinter:${key}`));
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
