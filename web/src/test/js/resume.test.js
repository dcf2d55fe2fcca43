// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import '../../../target/classes/dev/teleprinter/web/fetch-source.js'; // there before it is asked for
import { Kept, ResumedTeleprinter } from '../../../target/classes/dev/teleprinter/web/resume.js';
import { FakeEventSource, FakeStorage, random, scriptedFetch, scriptedStream, settle, turn } from './fakes.js';

const URL_OF_ANSWER = 'http://localhost/v1/responses/resp_1?stream=true';

beforeEach(() => {
  FakeEventSource.forget();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});

function open(storage, options = {}, url = URL_OF_ANSWER) {
  return new ResumedTeleprinter(url, { key: 'a', storage, EventSource: FakeEventSource, random: () => 1, ...options });
}

/** The page goes: what it wrote stays, nothing else. */
function reload(reader) {
  globalThis.dispatchEvent?.(new Event('pagehide'));
  reader.close();
}

test('after a reload it goes on behind what it had, text and cursor agreeing', () => {
  const storage = new FakeStorage();
  const before = open(storage);
  assert.equal(before.text, '');
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('Hello', { id: 'e-1' });
  FakeEventSource.latest.sends(' wor', { id: 'e-2' });
  reload(before);
  const after = open(storage);
  assert.equal(after.text, 'Hello wor');
  assert.equal(after.cursor, 'e-2');
  assert.equal(FakeEventSource.latest.url.searchParams.get('last_event_id'), 'e-2');
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('ld', { id: 'e-3' });
  assert.equal(after.text, 'Hello world');
});

test('writes now and then, not for each event, and in one value', () => {
  const storage = new FakeStorage();
  open(storage);
  FakeEventSource.latest.opens();
  for (let i = 1; i <= 100; i++) FakeEventSource.latest.sends('x', { id: `e-${i}` });
  assert.equal(storage.writes, 0);
  mock.timers.tick(500);
  assert.equal(storage.writes, 1);
  assert.deepEqual(storage.value('a'), { asked: URL_OF_ANSWER, url: URL_OF_ANSWER, cursor: 'e-100', text: 'x'.repeat(100), gaps: [] });
  mock.timers.tick(5000);
  assert.equal(storage.writes, 1, 'nothing new to write');
});

test('a crash between two writes loses nothing: what is stored is older, and agrees', () => {
  const next = random(7);
  for (let round = 0; round < 50; round++) {
    const storage = new FakeStorage();
    const had = new FakeStorage(); // a crashed tab's storage, as it was
    const words = Array.from({ length: 40 }, (_, i) => `<${i}>`);
    let reader = open(storage);
    FakeEventSource.latest.opens();
    for (let at = 0; at < words.length; at++) {
      FakeEventSource.latest.sends(words[at], { id: `e-${at + 1}` });
      mock.timers.tick(Math.floor(next() * 200));
      if (next() > 0.15) continue;
      had.cells = new Map(storage.cells);
      reader.close();
      storage.cells = new Map(had.cells); // nothing was flushed
      reader = open(storage);
      FakeEventSource.latest.opens();
      at = reader.cursor === '' ? -1 : Number(reader.cursor.split('-')[1]) - 1;
    }
    assert.equal(reader.text, words.join(''), `round ${round}`);
    reader.close();
  }
});

test('what came without an id comes again, and is not twice', () => {
  const storage = new FakeStorage();
  const before = open(storage);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'k1' });
  FakeEventSource.latest.sends('b', { id: 'k1' }); // EventSource gives the last id again
  assert.equal(before.text, 'ab');
  reload(before);
  const after = open(storage);
  assert.equal(after.text, 'a');
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('b', { id: 'k1' });
  FakeEventSource.latest.sends('c', { id: 'k2' });
  reload(after);
  assert.equal(open(storage).text, 'abc');
});

test('the end clears it, whether told by an event or by 204', async () => {
  const storage = new FakeStorage();
  open(storage);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-1' });
  mock.timers.tick(500);
  FakeEventSource.latest.sends('{}', { id: 'e-2', type: 'response.completed' });
  mock.timers.tick(500);
  assert.equal(storage.cells.size, 0);
  const reader = open(storage, { fetch: scriptedFetch({ status: 204 }).fetch });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-1' });
  mock.timers.tick(500);
  FakeEventSource.latest.givesUp();
  await settle();
  assert.equal(reader.state.name, 'closed');
  assert.equal(storage.cells.size, 0);
});

test('leaving and failing keep it', async () => {
  const storage = new FakeStorage();
  open(storage, { fetch: scriptedFetch({ status: 401 }).fetch });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-1' });
  FakeEventSource.latest.givesUp();
  await settle();
  assert.equal(storage.value('a').text, 'a');
  const again = open(storage);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('b', { id: 'e-2' });
  again.close();
  assert.equal(open(storage).text, 'ab');
});

test('a gap stays marked where it was', () => {
  const storage = new FakeStorage();
  const before = open(storage);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('abc', { id: 'e-1' });
  FakeEventSource.latest.sends('{"requested":"e-1"}', { id: 'e-7', type: 'gap' });
  FakeEventSource.latest.sends('xyz', { id: 'e-8' });
  reload(before);
  const after = open(storage);
  assert.deepEqual([after.text, after.gaps], ['abcxyz', [3]]);
});

test('what is stored under the key for another stream is not joined to this one', () => {
  const storage = new FakeStorage();
  const before = open(storage);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('old', { id: 'e-1' });
  reload(before);
  const other = open(storage, {}, URL_OF_ANSWER.replace('resp_1', 'resp_2'));
  assert.deepEqual([other.text, other.cursor], ['', '']);
});

test('storage that is full, forbidden or spoilt harms nothing', () => {
  const full = new FakeStorage({ full: true });
  const reader = open(full);
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('a', { id: 'e-1' });
  mock.timers.tick(500);
  assert.equal(reader.text, 'a');
  for (const spoilt of ['', '{', 'null', '7', '"x"', '[]']) {
    const storage = new FakeStorage();
    storage.setItem('teleprinter:a', spoilt);
    assert.equal(open(storage).text, '', spoilt);
  }
  assert.equal(open(undefined).text, '', 'no storage at all');
});

test('keeps of an event what textOf says', () => {
  const reader = open(new FakeStorage(), { textOf: ({ type, data }) => (type === 'response.output_text.delta' ? JSON.parse(data).delta : '') });
  FakeEventSource.latest.opens();
  FakeEventSource.latest.sends('{}', { id: 'e-1', type: 'response.created' });
  FakeEventSource.latest.sends('{"delta":"你"}', { id: 'e-2', type: 'response.output_text.delta' });
  assert.equal(reader.text, '你');
});

test('what was posted is read on after a reload, not posted again', async () => {
  const storage = new FakeStorage();
  const asked = [];
  const streams = [scriptedStream({ 'Content-Location': '/v1/responses/resp_9?stream=true' })];
  const fetch = async (url, init) => {
    asked.push(`${init.method ?? 'GET'} ${new URL(url).pathname}`);
    return streams.shift().response;
  };
  const [first] = streams;
  const before = open(storage, { fetch, body: '{}' }, 'http://localhost/v1/responses');
  await turn();
  first.sends('id: e-1\ndata: a\n\n');
  await turn();
  reload(before);
  const after = open(storage, { fetch, body: '{}' }, 'http://localhost/v1/responses');
  assert.deepEqual([after.text, asked], ['a', ['POST /v1/responses']]);
  assert.equal(FakeEventSource.latest.url.href, 'http://localhost/v1/responses/resp_9?stream=true&last_event_id=e-1');
});

test('a value kept by itself, for other readers', () => {
  const storage = new FakeStorage();
  const kept = new Kept('k', storage);
  assert.deepEqual(kept.read(), {});
  kept.write(() => ({ text: 'a' }));
  kept.write(() => ({ text: 'ab' }));
  kept.flush();
  kept.flush();
  assert.equal(storage.writes, 1);
  assert.deepEqual(kept.read(), { text: 'ab' });
  kept.write(() => ({ text: 'never' }));
  kept.clear();
  mock.timers.tick(5000);
  assert.equal(storage.cells.size, 0);
});
