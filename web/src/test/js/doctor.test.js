// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cure, proxyOf, PROXIES } from '../../../target/classes/dev/teleprinter/web/doctor/cures.js';
import * as verdicts from '../../../target/classes/dev/teleprinter/web/doctor/verdicts.js';

/** 25 ticks sent 100 ms apart by a clock of another time, handed out `together` at a time. */
function ticked(together, { headers = {}, jitterMs = () => 0 } = {}) {
  const ticks = Array.from({ length: 25 }, (_, i) => {
    const chunk = Math.floor(i / together);
    const lastOfChunk = Math.min(24, (chunk + 1) * together - 1);
    return { sentAt: 1e12 + i * 100, arrivedAt: 40 + lastOfChunk * 100 + jitterMs(i), chunk };
  });
  return { status: 200, headers, headMs: 5, ticks };
}

const stateOf = (verdict) => verdict.state;

test('tells a stream from one that is handed out in bursts, whatever the clocks say', () => {
  assert.equal(stateOf(verdicts.delivery(ticked(1))), 'good');
  assert.equal(stateOf(verdicts.delivery(ticked(5))), 'bad');
  assert.match(verdicts.delivery(ticked(5)).facts, /400 ms late/);
  assert.equal(stateOf(verdicts.delivery(ticked(25))), 'bad');
});

test('takes a busy machine for no buffer', () => {
  const slowNowAndThen = ticked(1, { jitterMs: (i) => (i === 7 || i === 15 ? 90 : 0) });
  assert.equal(stateOf(verdicts.delivery(slowNowAndThen)), 'good');
});

test('tells a stream that never comes, and one that is refused', () => {
  const nothing = { status: 0, headers: {}, headMs: null, ticks: [] };
  assert.match(verdicts.delivery(nothing).facts, /not even the response head/);
  assert.match(verdicts.delivery({ ...nothing, status: 200, headMs: 12 }).facts, /head came after 12 ms/);
  assert.match(verdicts.delivery({ ...nothing, status: 504 }).says, /status 504/);
});

test('minds compression only where it holds events back', () => {
  const head = { status: 200, headers: { 'content-encoding': 'gzip' } };
  assert.equal(stateOf(verdicts.compression({ status: 200, headers: {} }, ticked(1))), 'good');
  assert.equal(stateOf(verdicts.compression(head, ticked(1))), 'good');
  assert.equal(stateOf(verdicts.compression(head, ticked(25))), 'bad');
});

test('reads the response head', () => {
  const head = (type, cache) => ({ status: 200, headers: { 'content-type': type, 'cache-control': cache } });
  const ours = 'no-cache, no-transform';
  assert.equal(stateOf(verdicts.response(head('text/event-stream', ours))), 'good');
  assert.equal(stateOf(verdicts.response(head('text/event-stream; charset=UTF-8', ours))), 'good');
  assert.equal(stateOf(verdicts.response(head('text/event-stream; charset=iso-8859-1', ours))), 'bad');
  assert.equal(stateOf(verdicts.response(head('text/plain', ours))), 'bad');
  assert.equal(stateOf(verdicts.response(head('text/event-stream', 'max-age=60'))), 'warn');
  assert.equal(stateOf(verdicts.response({ status: 403, headers: {} })), 'bad');
});

test('names what was dropped on the way up', () => {
  const all = { 'Last-Event-ID': 'a', 'Idempotency-Key': 'a', 'Teleprinter-On-Disconnect': 'a' };
  assert.equal(stateOf(verdicts.headers({ headers: all, authorized: true, query: 3 })), 'good');
  const lost = verdicts.headers({ headers: { ...all, 'Last-Event-ID': null }, authorized: false, query: 0 });
  assert.match(lost.says, /Last-Event-ID, Authorization, a part of the query\.$/);
  assert.equal(stateOf(verdicts.resume({ first: true, header: 'doctor-1', query: 'stale' })), 'good');
  assert.equal(stateOf(verdicts.resume({ first: true, header: null, query: 'stale' })), 'bad');
  assert.equal(stateOf(verdicts.resume({ first: false, header: null, query: null })), 'bad');
});

test('tells what cuts a silent stream, and when', () => {
  const quiet = { openMs: 32_000, heartbeats: 2, longestMs: 15_000, cut: 'no' };
  assert.equal(stateOf(verdicts.idle(quiet, 15_000)), 'good');
  assert.equal(stateOf(verdicts.idle({ ...quiet, heartbeats: 0 }, 15_000)), 'bad');
  assert.equal(
    verdicts.idle({ openMs: 5000, heartbeats: 0, longestMs: 5000, cut: 'reset' }, 15_000).says,
    'Something cuts a stream that is silent for 5.0 s; the server’s heartbeat comes every 15.0 s.',
  );
  assert.match(verdicts.idle({ ...quiet, cut: 'ended' }, 15_000).says, /^Something ends/);
});

test('says whether many tabs will wait', () => {
  assert.match(verdicts.tabs({ opened: 6, of: 7 }, 'http/1.1').says, /HTTP\/1\.1 .* the seventh waits/);
  assert.equal(stateOf(verdicts.tabs({ opened: 7, of: 7 }, 'h2')), 'good');
  assert.equal(stateOf(verdicts.tabs({ opened: 3, of: 7 }, 'h2')), 'warn');
});

test('minds statuses that were rewritten', () => {
  assert.equal(stateOf(verdicts.statuses({ gone: 204, busy: 503, retryAfter: '7' })), 'good');
  assert.equal(stateOf(verdicts.statuses({ gone: 200, busy: 503, retryAfter: '7' })), 'bad');
  assert.equal(stateOf(verdicts.statuses({ gone: 204, busy: 502, retryAfter: null })), 'warn');
});

test('knows a proxy by its signature, and has a cure for everything behind each', () => {
  assert.equal(proxyOf({ server: 'nginx/1.22.1' }), 'nginx');
  assert.equal(proxyOf({ server: 'openresty' }), 'nginx');
  assert.equal(proxyOf({ via: '1.1 Caddy' }), 'caddy');
  assert.equal(proxyOf({ server: 'Apache/2.4' }), 'apache');
  assert.equal(proxyOf({ server: 'envoy' }), 'envoy');
  assert.equal(proxyOf({ server: 'cloudflare', 'cf-ray': '1' }), 'cloudflare');
  assert.equal(proxyOf({}), undefined);
  const subjects = ['delivery', 'compression', 'response', 'resume', 'headers', 'statuses', 'idle', 'tabs'];
  for (const proxy of Object.keys(PROXIES).filter((name) => name !== 'none')) {
    for (const subject of subjects) assert.ok(cure(proxy, subject), `${proxy}: ${subject}`);
  }
});
