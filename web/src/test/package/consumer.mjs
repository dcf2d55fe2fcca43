// SPDX-License-Identifier: Apache-2.0
// Who uses the package from Node: every module loads by its public name, and reads a plain SSE endpoint.
import { createServer } from 'node:http';
import { Teleprinter } from 'teleprinter';
import { ResumedTeleprinter } from 'teleprinter/resume';
import { SharedEventSource } from 'teleprinter/shared';

const server = createServer((request, response) => {
  const from = Number(request.headers['last-event-id'] ?? 0);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  // Ends after two events, as a server does that restarts: a loss, not an end.
  for (let i = from + 1; i <= Math.min(from + 2, 5); i++) response.write(`id: ${i}\ndata: ${i < 5 ? i : '[DONE]'}\n\n`);
  response.end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/plain`;
for (const make of [() => new Teleprinter(url, { random: () => 0 }), () => new ResumedTeleprinter(url, { key: 'k', random: () => 0 })]) {
  const got = [];
  for await (const { data } of make()) got.push(data);
  if (got.join() !== '1,2,3,4,[DONE]') throw new Error(`got: ${got} (expected: each once, in order)`);
}
if (typeof SharedEventSource !== 'function') throw new Error('no SharedEventSource');
server.close();
