// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, mock, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Teleprinter } from '../../../target/classes/dev/teleprinter/web/teleprinter.js';
import '../../../target/classes/dev/teleprinter/web/fetch-source.js'; // there before it is asked for
import { FakeEventSource, scriptedFetch, scriptedStream, settle, turn } from './fakes.js';

const URL_OF_ANSWER = 'http://localhost/v1/responses/resp_1?stream=true&signature=s';

beforeEach(() => {
  FakeEventSource.forget();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});

function read(options = {}, url = URL_OF_ANSWER) {
  const reader = new Teleprinter(url, { EventSource: FakeEventSource, random: () => 1, ...options });
  const seen = { events: [], states: [], gaps: [] };
  reader.addEventListener('event', ({ detail }) => seen.events.push(detail));
  reader.addEventListener('state', ({ detail }) => seen.states.push(detail.name));
  reader.addEventListener('gap', ({ detail }) => seen.gaps.push(detail));
  return { reader, seen };
}

test('connects, catches up and then tails', () => {
  const { reader, seen } = read();
  assert.equal(reader.state.name, 'connecting');
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('old', { id: 'e-1' });
  mock.timers.tick(20);
  FakeEventSource.latest.sends('new', { id: 'e-2' });
  assert.deepEqual(seen.states, ['catching-up', 'tailing']);
  assert.deepEqual(seen.events.map(({ data, caughtUp }) => [data, caughtUp]), [['old', false], ['new', true]]);
});

test('lets the browser retry while it does, and counts nothing as an end', () => {
  const { reader, seen } = read();
  FakeEventSource.latest.opens();
  FakeEventSource.latest.drops();
  assert.deepEqual(reader.state, { name: 'retrying', inMs: null });
  FakeEventSource.latest.opens();
  assert.equal(FakeEventSource.made.length, 1);
  assert.deepEqual(seen.states, ['catching-up', 'retrying', 'catching-up']);
});

test('re-creates with its cursor in the query after the browser gave up', async () => {
  const { fetch, asked } = scriptedFetch({ status: 503 });
  const { reader } = read({ fetch });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-7' });
  FakeEventSource.latest.givesUp();
  await settle();
  assert.equal(asked[0].url.searchParams.get('last_event_id'), 'e-7');
  assert.deepEqual(reader.state, { name: 'retrying', inMs: 1000 });
  mock.timers.tick(1000);
  assert.equal(FakeEventSource.made.length, 2);
  assert.equal(FakeEventSource.latest.url.searchParams.get('last_event_id'), 'e-7');
  assert.equal(FakeEventSource.latest.url.searchParams.get('signature'), 's');
});

test('backs off to thirty seconds, and starts over after ten stable ones', async () => {
  const { fetch } = scriptedFetch();
  const { reader } = read({ fetch });
  const waits = [];
  const failOnce = async () => {
    FakeEventSource.latest.givesUp();
    await settle();
    waits.push(reader.state.inMs);
    mock.timers.tick(30_000);
  };
  for (let i = 0; i < 7; i++) await failOnce();
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  FakeEventSource.latest.opens();
  mock.timers.tick(10_000);
  await failOnce();
  assert.equal(waits.at(-1), 1000);
});

test('waits as long as Retry-After says', async () => {
  const { fetch } = scriptedFetch({ status: 429, headers: { 'Retry-After': '12' } });
  const { reader } = read({ fetch, random: () => 0 });
  FakeEventSource.latest.givesUp();
  await settle();
  assert.deepEqual(reader.state, { name: 'retrying', inMs: 12_000 });
});

for (const status of [400, 401, 403, 404, 410]) {
  test(`fails for good on ${status}, with the server's words`, async () => {
    const { fetch } = scriptedFetch({ status, body: '{"error":{"message":"No such answer."}}' });
    const { reader } = read({ fetch });
    FakeEventSource.latest.givesUp();
    await settle();
    assert.deepEqual(reader.state, { name: 'failed', status, message: 'No such answer.' });
    mock.timers.tick(60_000);
    assert.equal(FakeEventSource.made.length, 1);
  });
}

test('a refusal without JSON has a message all the same', async () => {
  const { fetch } = scriptedFetch({ status: 404, statusText: 'Not Found', body: '<h1>nginx</h1>' });
  const { reader } = read({ fetch });
  FakeEventSource.latest.givesUp();
  await settle();
  assert.equal(reader.state.message, '404 Not Found');
});

test('closes on 204: the topic is over and all of it read', async () => {
  const { fetch } = scriptedFetch({ status: 204 });
  const { reader } = read({ fetch });
  FakeEventSource.latest.givesUp();
  await settle();
  assert.deepEqual(reader.state, { name: 'closed' });
});

for (const [type, data] of [
  ['response.completed', '{}'],
  ['response.failed', '{}'],
  ['response.incomplete', '{}'],
  ['message', '[DONE]'],
]) {
  test(`${type} ${data} is the end: no more connections`, () => {
    const { reader, seen } = read();
    FakeEventSource.latest.opens();
    FakeEventSource.latest.sends(data, { id: 'e-1', type });
    assert.equal(reader.state.name, 'closed');
    assert.equal(seen.events.length, 1);
    assert.equal(FakeEventSource.latest.closed, true);
  });
}

test('an event that the server named "error" is an event, not a loss', () => {
  const { reader, seen } = read();
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('{"error":{}}', { id: 'e-1', type: 'error' });
  assert.equal(seen.events[0].type, 'error');
  assert.equal(reader.state.name, 'catching-up');
});

test('drops what it had already, by the hub numbers of one epoch', () => {
  const { seen } = read({ cursor: 'e-5' });
  FakeEventSource.latest.opens();
  for (const id of ['e-4', 'e-5', 'e-6', 'e-9', 'e-6']) FakeEventSource.latest.sends(id, { id });
  assert.deepEqual(seen.events.map(({ id }) => id), ['e-6', 'e-9']);
});

test('numbers that skip are no gap, another epoch is', () => {
  const { seen } = read({ cursor: 'e-5' });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-900' });
  assert.deepEqual(seen.gaps, []);
  FakeEventSource.latest.sends('b', { id: 'f-1' });
  assert.deepEqual(seen.gaps, [{ requested: 'e-900', earliest: 'f-1' }]);
  assert.equal(seen.events.length, 2);
});

test("a publisher's own ids say nothing about order", () => {
  const { seen } = read({}, 'http://localhost/.well-known/mercure?topic=t');
  FakeEventSource.latest.opens();
  for (const id of ['order-9', 'order-3', 'parcel-1']) FakeEventSource.latest.sends(id, { id });
  assert.equal(seen.events.length, 3);
  assert.deepEqual(seen.gaps, []);
});

for (const [url, names] of [
  ['https://hub.example/.well-known/mercure?topic=t', ['last_event_id', 'lastEventID']],
  ['https://hub.example/.well-known/mercure?match=t&matchURLPattern=/a/:b', ['last_event_id', 'lastEventID']],
  ['https://plain.example/feed?room=1', ['last_event_id']],
]) {
  test(`comes back to ${url} with its cursor, and leaves the rest of the query`, async () => {
    const { fetch, asked } = scriptedFetch({ status: 503 });
    read({ fetch }, url);
    FakeEventSource.latest.opens();
    FakeEventSource.latest.sends('a', { id: 'urn:uuid:5d5c' });
    FakeEventSource.latest.givesUp();
    await settle();
    mock.timers.tick(1000);
    const expected = new URL(url);
    names.forEach((name) => expected.searchParams.set(name, 'urn:uuid:5d5c'));
    assert.equal(asked[0].url.href, expected.href);
    assert.equal(FakeEventSource.latest.url.href, expected.href);
  });
}

test('tells a gap that the server tells, and reads on from there', () => {
  const { reader, seen } = read({ cursor: 'e-5' });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('{"requested":"e-5","earliest":"f-1"}', { id: 'f-1', type: 'gap' });
  FakeEventSource.latest.sends('a', { id: 'f-2' });
  assert.deepEqual(seen.gaps, [{ requested: 'e-5', earliest: 'f-1' }]);
  assert.deepEqual(seen.events.map(({ id }) => id), ['f-2']);
  assert.equal(reader.cursor, 'f-2');
});

test('stop() asks the server and reads on; close() only leaves', async () => {
  const { fetch, asked } = scriptedFetch({ status: 200, body: '{}' });
  const { reader, seen } = read({ fetch });
  FakeEventSource.latest.opens();
  await reader.stop();
  assert.equal(asked[0].init.method, 'POST');
  assert.equal(asked[0].url.href, 'http://localhost/v1/responses/resp_1/cancel?signature=s');
  FakeEventSource.latest.sends('{}', { id: 'e-1', type: 'response.incomplete' });
  assert.equal(seen.events.length, 1);

  const other = read({ fetch });
  other.reader.close();
  assert.equal(asked.length, 1);
  assert.equal(other.reader.state.name, 'closed');
});

test('stop() rejects with the reason when the server refuses', async () => {
  const { fetch } = scriptedFetch({ status: 409, body: '{"detail":"already over"}' });
  await assert.rejects(read({ fetch }).reader.stop(), /already over/);
});

test('a look-up that returns after close() changes nothing', async () => {
  const { fetch } = scriptedFetch({ status: 503 });
  const { reader } = read({ fetch });
  FakeEventSource.latest.givesUp();
  reader.close();
  await settle();
  mock.timers.tick(60_000);
  assert.equal(reader.state.name, 'closed');
  assert.equal(FakeEventSource.made.length, 1);
});

test('re-creates after two and a half heartbeats of silence', () => {
  read({ heartbeatMs: 1000 });
  FakeEventSource.latest.opens();
  mock.timers.tick(2400);
  FakeEventSource.latest.sends('a', { id: 'e-1' });
  mock.timers.tick(2400);
  assert.equal(FakeEventSource.made.length, 1);
  mock.timers.tick(200);
  assert.equal(FakeEventSource.made.length, 2);
  assert.equal(FakeEventSource.latest.url.searchParams.get('last_event_id'), 'e-1');
});

test('iterates events to the end', async () => {
  const { reader } = read();
  const got = [];
  const reading = (async () => {
    for await (const { data } of reader) got.push(data);
  })();
  FakeEventSource.latest.opens();
  await settle();
  for (const data of ['a', 'b', '[DONE]']) FakeEventSource.latest.sends(data, { id: `e-${data}` });
  await reading;
  assert.deepEqual(got, ['a', 'b', '[DONE]']);
});

test('an iteration over a failed stream throws', async () => {
  const { fetch } = scriptedFetch({ status: 404, body: '{"error":{"message":"gone"}}' });
  const { reader } = read({ fetch });
  const reading = (async () => {
    for await (const event of reader) assert.fail(event.data);
  })();
  FakeEventSource.latest.givesUp();
  await assert.rejects(reading, /gone/);
});

test('is small: under 3 kB gzipped without its comments', () => {
  const bytes = gzippedBytes('teleprinter.js');
  assert.ok(bytes < 3000, `bytes: ${bytes} (expected: < 3000)`);
  const withFetch = bytes + gzippedBytes('fetch-source.js') + gzippedBytes('event-stream.js');
  assert.ok(withFetch < 4500, `bytes with the fetch transport: ${withFetch} (expected: < 4500)`);
});

function gzippedBytes(name) {
  const path = new URL(`../../../target/classes/dev/teleprinter/web/${name}`, import.meta.url);
  const code = readFileSync(path, 'utf8')
    .replace(/\/\*\*[^]*?\*\/ ?/g, '')
    .replace(/^\s*(\/\/.*)?\n/gm, '');
  return gzipSync(code, { level: 9 }).length;
}

/** A fetch that gives these in turn. */
function fetchOf(...streams) {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url: new URL(url), ...init });
    const next = streams.shift();
    if (next === undefined) throw new TypeError('unreachable');
    return next.response ?? next;
  };
  return { fetch, asked };
}

test('with headers it reads by fetch, and comes back with its cursor in header and query', async () => {
  const [first, second] = [scriptedStream(), scriptedStream()];
  const { fetch, asked } = fetchOf(first, second);
  const { reader, seen } = read({ fetch, headers: { Authorization: 'Bearer t' } });
  await turn();
  assert.equal(FakeEventSource.made.length, 0);
  first.sends(':\n\nid: e-1\nevent: response.created\ndata: a\n\nid: e-2\ndata: par');
  await turn();
  first.breaks();
  await turn();
  assert.deepEqual(reader.state, { name: 'retrying', inMs: 1000 });
  mock.timers.tick(1000);
  await turn();
  second.sends('id: e-2\ndata: partly\n\nid: e-3\ndata: [DONE]\n\n');
  await turn();
  assert.deepEqual(asked.map(({ headers }) => headers.get('Last-Event-ID')), [null, 'e-1']);
  assert.deepEqual(asked.map(({ headers }) => headers.get('Authorization')), ['Bearer t', 'Bearer t']);
  assert.equal(asked[1].url.searchParams.get('last_event_id'), 'e-1');
  assert.deepEqual(seen.events.map(({ data }) => data), ['a', 'partly', '[DONE]']);
  assert.equal(reader.state.name, 'closed');
  assert.equal(asked[1].signal.aborted, true);
});

test('a body is posted once; after a loss the answer is read on from where it is', async () => {
  const [first, second] = [scriptedStream({ 'Content-Location': '/v1/responses/resp_9?stream=true' }), scriptedStream()];
  const { fetch, asked } = fetchOf(first, second);
  const { reader, seen } = read({ fetch, body: '{}', headers: { 'Content-Type': 'application/json' } }, 'http://localhost/v1/responses');
  await turn();
  first.sends('id: e-1\ndata: a\n\n');
  await turn();
  first.ends();
  await turn();
  mock.timers.tick(1000);
  await turn();
  second.sends('id: e-2\nevent: response.completed\ndata: {}\n\n');
  await turn();
  assert.deepEqual(asked.map(({ method }) => method), ['POST', undefined]);
  assert.match(asked[0].headers.get('Idempotency-Key'), /^[\da-f-]{36}$/);
  assert.equal(asked[1].url.href, 'http://localhost/v1/responses/resp_9?stream=true&last_event_id=e-1');
  assert.equal(asked[1].body, undefined);
  assert.deepEqual(seen.events.map(({ id }) => id), ['e-1', 'e-2']);
  assert.equal(reader.state.name, 'closed');
});

test('a body whose answer has no address is never posted again', async () => {
  const stream = scriptedStream();
  const { fetch, asked } = fetchOf(stream);
  const { reader } = read({ fetch, body: '{}' }, 'http://localhost/other');
  await turn();
  stream.sends('data: a\n\n');
  stream.breaks();
  await turn();
  assert.equal(reader.state.name, 'failed');
  mock.timers.tick(60_000);
  await turn();
  assert.equal(asked.length, 1);
});

test('a refused body fails with the words of the server, also when it says "later"', async () => {
  const { fetch, asked } = fetchOf(new Response('{"error":{"message":"Too many."}}', { status: 429 }));
  const { reader } = read({ fetch, body: '{}' });
  await turn();
  assert.deepEqual(reader.state, { name: 'failed', status: 429, message: 'Too many.' });
  assert.equal(asked.length, 1);
});

test('by fetch it sees heartbeats, and every type of event', async () => {
  const [first, second] = [scriptedStream(), scriptedStream()];
  const { fetch, asked } = fetchOf(first, second);
  const { seen } = read({ fetch, types: '*', heartbeatMs: 1000 }, 'http://localhost/.well-known/mercure?topic=t');
  await turn();
  first.sends('id: own-1\nevent: anything\ndata: a\n\n');
  await turn();
  mock.timers.tick(2400);
  first.sends(':\n');
  await turn();
  mock.timers.tick(2400);
  assert.equal(asked.length, 1);
  mock.timers.tick(100);
  await turn();
  assert.equal(asked.length, 2);
  assert.equal(asked[1].url.searchParams.get('lastEventID'), 'own-1');
  assert.deepEqual(seen.events.map(({ type }) => type), ['anything']);
});

test('what is no event stream is a loss, and a 204 the end', async () => {
  const { fetch } = fetchOf(new Response('<h1>hi</h1>', { headers: { 'Content-Type': 'text/html' } }), new Response(null, { status: 204 }));
  const { reader } = read({ fetch, types: '*' });
  await turn();
  assert.equal(reader.state.name, 'retrying');
  mock.timers.tick(1000);
  await turn();
  assert.equal(reader.state.name, 'closed');
});
