// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EventStreamDecoder } from '../../../target/classes/dev/teleprinter/web/event-stream.js';

const vectors = JSON.parse(readFileSync(new URL('../../../../sse/src/test/resources/vectors/event-stream.json', import.meta.url)));

/** @param {Uint8Array[]} chunks */
function read(chunks) {
  const decoder = new EventStreamDecoder();
  const events = chunks.flatMap((chunk) => decoder.decode(chunk));
  return {
    events: events.map(({ type, data, lastEventId }) => ({ type, data, lastId: lastEventId })),
    lastId: decoder.lastEventId,
    retry: decoder.retryMs ?? null,
  };
}

for (const { name, chunks, events, lastId, retry } of vectors) {
  test(`decodes ${name}, however it is cut`, () => {
    const given = chunks.map((chunk) => Buffer.from(chunk, 'base64'));
    const whole = Buffer.concat(given);
    const wanted = { events, lastId, retry };
    assert.deepEqual(read(given), wanted, 'as given');
    assert.deepEqual(read([whole]), wanted, 'whole');
    if (whole.length > 4000) return;
    assert.deepEqual(read([...whole].map((byte) => Uint8Array.of(byte))), wanted, 'byte by byte');
    for (let at = 1; at < whole.length; at++) {
      assert.deepEqual(read([whole.subarray(0, at), whole.subarray(at)]), wanted, `cut at ${at}`);
    }
  });
}

test('takes time in proportion to the length of a line', () => {
  const chunk = new Uint8Array(16_384).fill(97);
  const decoder = new EventStreamDecoder();
  decoder.decode(new TextEncoder().encode('data: '));
  for (let i = 0; i < 320; i++) assert.deepEqual(decoder.decode(chunk), []);
  const [{ data }] = decoder.decode(new TextEncoder().encode('\n\n'));
  assert.equal(data.length, 320 * 16_384);
});
