// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, endOf, outputText } from '../../../target/classes/dev/teleprinter/web/decode.js';

const event = (type, json) => ({ type, data: JSON.stringify(json) });

test('reads the text of a Responses delta, and where it belongs', () => {
  const delta = { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: ' Hi' };
  assert.deepEqual(decode(event(delta.type, delta)), { kind: 'text', text: ' Hi', part: '1.0' });
});

test('reads the text of a chat chunk', () => {
  const chunk = { object: 'chat.completion.chunk', choices: [{ delta: { content: 'Hi' } }] };
  assert.equal(decode(event('message', chunk)).text, 'Hi');
  assert.equal(decode(event('message', { ...chunk, choices: [] })).kind, 'other');
});

test('reads plain text as it is', () => {
  for (const data of ['a\nb', '', ' x', '42', '{not json', 'null']) {
    assert.deepEqual(decode({ type: 'message', data }), { kind: 'text', text: data, part: '' });
  }
});

test('tells thinking from text', () => {
  const delta = { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 2, delta: 'hm' };
  assert.deepEqual(decode(event(delta.type, delta)), { kind: 'thinking', text: 'hm', part: '0.2' });
});

test('reads every way to end', () => {
  const end = (response) => decode(event('response.x', { type: `response.${response.status}`, response }));
  assert.equal(end({ status: 'completed', usage: { output_tokens: 9 } }).outputTokens, 9);
  assert.equal(end({ status: 'failed', error: { code: 'server_error', message: 'no' } }).message, 'no');
  assert.equal(end({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }).code, 'max_output_tokens');
  const cancelled = decode(event('x', { type: 'response.incomplete', response: { status: 'cancelled' } }));
  assert.equal(cancelled.status, 'cancelled');
  assert.deepEqual(decode({ type: 'message', data: '[DONE]' }).kind, 'end');
});

test('reads failures, nested, flat and in a chat chunk', () => {
  const nested = event('error', { error: { message: 'cut', code: 'upstream_cut' } });
  const flat = event('error', { type: 'error', message: 'cut', code: 'upstream_cut' });
  for (const failure of [nested, flat]) {
    assert.deepEqual(decode(failure), { kind: 'failure', message: 'cut', code: 'upstream_cut' });
  }
  assert.equal(decode(event('message', { error: 'cut' })).message, 'cut');
  assert.equal(decode({ type: 'error', data: 'cut' }).message, 'cut');
});

test('a whole response tells its text and, once it is over, its end', () => {
  const response = {
    status: 'completed',
    output: [{ content: [{ text: 'a' }, { text: 'b' }] }, { type: 'reasoning' }, { content: [{ refusal: 'c' }] }],
  };
  assert.equal(outputText(response), 'a\n\nb\n\nc');
  assert.equal(endOf(response).status, 'completed');
  for (const status of ['queued', 'in_progress', undefined]) assert.equal(endOf({ status }), undefined);
});
