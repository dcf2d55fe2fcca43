// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Typewriter } from '../../../target/classes/dev/teleprinter/web/typewriter.js';
import { random } from './fakes.js';

const FRAME_MS = 1000 / 30;
const PROSE = 'the quick brown fox jumps over the lazy dog, '.repeat(200);

/** Recorded on real ways by src/test/record/record: ms since the last arrival and characters, in turn. @type {Record<string, number[]>} */
const STREAMS = JSON.parse(readFileSync(new URL('./streams.json', import.meta.url), 'utf8'));
const CLUSTERS = ['a', ' ', '你', '👍🏽', '👩‍👩‍👧‍👦', '🇨🇳', 'é', 'e\u0301', 'ก็', '한', '✈️', '\n', 'ﷺ', '1️⃣'];

/** Plays arrivals against a typewriter at 30 frames a second. */
function play(arrivals, options = {}) {
  let now = 0;
  const typewriter = new Typewriter({ now: () => now, ...options });
  const arrivedAt = [];
  const lags = [];
  const cuts = [];
  let [empty, frames, next, endMs] = [0, 0, 0, NaN];
  const overAt = arrivals.at(-1).at + 1;
  for (let f = 0; Number.isNaN(endMs); f++) {
    const at = f * FRAME_MS;
    for (; next < arrivals.length && arrivals[next].at <= at; next++) {
      now = arrivals[next].at;
      typewriter.push(arrivals[next].text);
      while (arrivedAt.length < typewriter.received.length) arrivedAt.push(now);
    }
    if (next === arrivals.length && !typewriter.ended && at >= overAt) {
      now = overAt;
      typewriter.end();
    }
    now = at;
    const before = cuts.at(-1) ?? 0;
    const shown = typewriter.tick();
    if (typewriter.received !== '') {
      frames++;
      if (shown === before) empty++;
    }
    for (let i = before; i < shown; i++) lags.push(at - arrivedAt[i]);
    cuts.push(shown);
    if (typewriter.ended && typewriter.idle) endMs = at - overAt;
    assert.ok(f < 100_000, 'the end is never reached');
  }
  lags.sort((a, b) => a - b);
  return { typewriter, cuts, emptyShare: empty / frames, lagMax: lags.at(-1), lagP95: lags[Math.floor(lags.length * 0.95)], endMs };
}

/** @returns arrivals of `chars()` characters every `gapMs()` */
function bursts(count, gapMs, chars) {
  let at = 100;
  return Array.from({ length: count }, () => ({ at: (at += gapMs()), text: 'the quick brown fox '.repeat(40).slice(0, Math.round(chars())) }));
}

test('bursts of 150 characters every 550 ms leave under 5 % of the frames empty', () => {
  for (const seed of [1, 2, 3]) {
    const next = random(seed);
    const { emptyShare, lagMax } = play(bursts(60, () => 550 * (0.85 + 0.3 * next()), () => 150 * (0.7 + 0.6 * next())));
    assert.ok(emptyShare < 0.05, `seed: ${seed}, empty: ${emptyShare}`);
    assert.ok(lagMax <= 800, `seed: ${seed}, lag: ${lagMax}`);
  }
});

/** Its arrivals; those of one moment are one. @param {number[]} recorded */
function arrivals(recorded) {
  const found = [];
  let [at, from] = [100, 0];
  for (let i = 0; i < recorded.length; i += 2) {
    if (i > 0) at += recorded[i]; // the first one is the model's
    found.push({ at, text: PROSE.slice(from, (from += recorded[i + 1])) });
  }
  return found;
}

test('recorded streams are printed without holes and in time, whatever was in between', () => {
  for (const [name, recorded] of Object.entries(STREAMS)) {
    const { emptyShare, lagMax, endMs } = play(arrivals(recorded));
    const stalls = recorded.some((ms, i) => i % 2 === 0 && i > 0 && ms > 800); // nothing hides those
    assert.ok(stalls || emptyShare < 0.05, `${name}, empty: ${emptyShare}`);
    assert.ok(lagMax <= 800, `${name}, lag: ${lagMax}`);
    assert.ok(endMs <= 300 + FRAME_MS, `${name}, end: ${endMs}`);
  }
  const bursty = Object.keys(STREAMS).filter((name) => STREAMS[name].length < 80);
  assert.ok(bursty.length >= 3, 'some of them come in bursts');
});

test('no character is ever later than 0.8 s, whatever the arrivals', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const scale = 1000 * next();
    const { lagMax, endMs } = play(bursts(40, () => scale * 2 * next(), () => 1 + 400 * next() ** 2));
    assert.ok(lagMax <= 800, `seed: ${seed}, lag: ${lagMax}`);
    assert.ok(endMs <= 300 + 2 * FRAME_MS, `seed: ${seed}, end: ${endMs}`);
  }
});

test('dense tokens are as good as live', () => {
  const next = random(5);
  const { lagP95, emptyShare } = play(bursts(400, () => 20 + 26 * next(), () => 2 + 5 * next()));
  assert.ok(lagP95 < 130, `lag: ${lagP95}`);
  assert.ok(emptyShare < 0.05, `empty: ${emptyShare}`);
});

test('never shows half a cluster, wherever the text was cut on its way', () => {
  for (let seed = 1; seed <= 80; seed++) {
    const next = random(seed);
    const text = Array.from({ length: 120 }, () => CLUSTERS[Math.floor(next() * CLUSTERS.length)]).join('');
    const edges = new Set([text.length]);
    for (const { index } of new Intl.Segmenter().segment(text)) edges.add(index);
    let now = 0;
    const typewriter = new Typewriter({ now: () => now });
    for (let from = 0; from < text.length; ) {
      const to = from + 1 + Math.floor(next() * 9); // also within a surrogate pair
      typewriter.push(text.slice(from, to), next() < 0.2);
      from = to;
      const cut = typewriter.tick();
      assert.ok(edges.has(cut), `seed: ${seed}, cut: ${cut}`);
      now += next() * 45; // within the time that a last cluster is held
      assert.ok(edges.has(typewriter.tick()), `seed: ${seed}`);
    }
    typewriter.end();
    typewriter.flush();
    assert.equal(typewriter.shown, text.length);
  }
});

test('only ever moves on', () => {
  const next = random(11);
  const { cuts, typewriter } = play(bursts(50, () => 800 * next(), () => 90 * next() + 1));
  assert.deepEqual(cuts, [...cuts].sort((a, b) => a - b));
  assert.equal(typewriter.shown, typewriter.received.length);
});

test('the first word shows at once', () => {
  const typewriter = new Typewriter({ now: () => 0 });
  typewriter.push('Hello there, this is a long first piece of text');
  assert.equal(typewriter.received.slice(0, typewriter.shown), 'Hello ');
});

test('a long append, and what is asked for at once, is not animated', () => {
  const typewriter = new Typewriter({ now: () => 0 });
  typewriter.push('x'.repeat(1000) + ' ', true);
  assert.ok(typewriter.shown >= 1000);
  typewriter.push('y'.repeat(1600));
  assert.ok(typewriter.shown >= 2600);
});

test('a last cluster is held for a moment, not for ever', () => {
  let now = 0;
  const typewriter = new Typewriter({ now: () => now });
  typewriter.push('👩', true);
  assert.equal(typewriter.shown, 0);
  now = 60;
  assert.equal(typewriter.tick(), 2);
});

test('half an emoji or flag waits for its rest, however long, but not beyond the end', () => {
  for (const [half, rest] of [['👩\u200d', '👧'], ['🇨', '🇳'], ['a🇨', '🇳'], ['ab👩\u200d👧\u200d', '👦']]) {
    let now = 0;
    const typewriter = new Typewriter({ now: () => now });
    typewriter.push(half);
    now = 60_000;
    assert.equal(typewriter.tick(), half.search(/[^ab]/), half);
    typewriter.push(rest);
    now += 60_000;
    assert.equal(typewriter.tick(), half.length + rest.length, half);
  }
  const typewriter = new Typewriter({ now: () => 0 });
  typewriter.push('🇨');
  typewriter.end();
  typewriter.flush();
  assert.equal(typewriter.shown, 2);
});

test('a page that was asleep shows all of it at the next frame', () => {
  let now = 0;
  const typewriter = new Typewriter({ now: () => now });
  for (let i = 0; i < 50; i++) typewriter.push('some words come while nobody looks. ');
  now = 60_000;
  assert.equal(typewriter.tick(), typewriter.received.length);
});

test('keeps together what it is told to hold, but not beyond its time', () => {
  const hold = (text, cut) => text.lastIndexOf('\n', cut - 1) + 1; // whole lines only
  const lines = Array.from({ length: 30 }, (_, i) => ({ at: 100 + i * 40, text: `line ${i} of code\n` }));
  const { cuts, typewriter, lagMax } = play(lines, { hold });
  assert.ok(cuts.every((cut) => cut === 0 || cut === typewriter.received.length || typewriter.received[cut - 1] === '\n'));
  assert.ok(lagMax <= 800);
  const endless = Array.from({ length: 100 }, (_, i) => ({ at: 100 + i * 40, text: 'no line end ' }));
  assert.ok(play(endless, { hold }).lagMax <= 800);
});

test('costs little: 200,000 characters in 20,000 pieces', () => {
  let now = 0;
  const typewriter = new Typewriter({ now: () => now });
  const started = process.cpuUsage(); // a busy machine does not count
  for (let i = 0; i < 20_000; i++) {
    now += 5;
    typewriter.push('ten chars ');
    if (i % 6 === 0) typewriter.tick();
  }
  const ms = process.cpuUsage(started).user / 1000;
  assert.ok(ms < 2000, `ms: ${ms}`);
});
