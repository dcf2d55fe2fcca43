// SPDX-License-Identifier: Apache-2.0
// Usage: arrivals.mjs NAME BASE [http2|gzip|pipe]: asks the demo and prints `"NAME": [ms, chars, ms, chars, …]`,
// ms since the last arrival and the characters of text that came with it.
import { spawn } from 'node:child_process';
import http from 'node:http';
import http2 from 'node:http2';
import { createGunzip, constants } from 'node:zlib';
import { EventStreamDecoder } from '../../main/resources/dev/teleprinter/web/event-stream.js';

const RECORDED_MS = 20_000;
const [name, base, way = ''] = process.argv.slice(2);
const question = JSON.stringify({ model: 'demo', input: 'How does this server never lose a word?', background: true });

const address = await new Promise((resolve, reject) => {
  const request = http.request(`${base}/v1/responses`, { method: 'POST', headers: { 'Content-Type': 'application/json' } });
  request.on('response', ({ headers }) => resolve(headers['content-location'])).on('error', reject).end(question);
});

/** The body of the answer's event stream. @returns {Promise<AsyncIterable<Buffer>>} */
function body() {
  if (way === 'http2') {
    const session = http2.connect(base);
    const stream = session.request({ ':path': address, accept: 'text/event-stream' });
    stream.on('close', () => session.close());
    return Promise.resolve(stream);
  }
  if (way === 'pipe') {
    return Promise.resolve(spawn('sh', ['-c', `curl -sN --noproxy '*' '${base}${address}' | tr -d '\\r'`]).stdout);
  }
  return new Promise((resolve, reject) => {
    const headers = { Accept: 'text/event-stream', ...(way === 'gzip' && { 'Accept-Encoding': 'gzip' }) };
    http.get(base + address, { headers }, (response) => {
      const packed = response.headers['content-encoding'] === 'gzip';
      resolve(packed ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })) : response);
    }).on('error', reject);
  });
}

const arrivals = [];
const began = performance.now();
let last = began;
let chars = 0;
const decoder = new EventStreamDecoder();
for await (const chunk of await body()) {
  for (const { type, data } of decoder.decode(chunk)) {
    if (type === 'response.output_text.delta') chars += JSON.parse(data).delta.length;
  }
  if (chars === 0) continue;
  const now = performance.now();
  if (now - began > RECORDED_MS) break;
  arrivals.push(Math.round(now - last), chars);
  [last, chars] = [now, 0];
}
console.log(`${JSON.stringify(name)}: ${JSON.stringify(arrivals)}`);
process.exit();
