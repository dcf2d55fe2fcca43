// SPDX-License-Identifier: Apache-2.0
// What one writes in an hour with Node alone: ask the upstream, pipe what it says to the reader.
// Usage: node relay.mjs PORT UPSTREAM_PORT

import { Agent, createServer, request as ask } from "node:http";

const [port, upstream] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity, noDelay: true });

const server = createServer({ noDelay: true, keepAliveTimeout: 75_000 }, (request, response) => {
  const { method, url, headers } = request;
  const asked = ask({ agent, host: "127.0.0.1", port: upstream, method, path: url, headers });
  asked.on("response", (answer) => {
    response.writeHead(answer.statusCode, { "Content-Type": answer.headers["content-type"] });
    answer.pipe(response);
  });
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  request.pipe(asked);
});
server.listen({ port, host: "127.0.0.1", backlog: 4096 });
