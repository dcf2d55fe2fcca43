// SPDX-License-Identifier: Apache-2.0
// What one writes in an afternoon with Node alone: a set of responses by topic, and a loop.
// Usage: node node.mjs PORT

import { createServer } from "node:http";

const topics = new Map();
let sequence = 0;

const server = createServer({ noDelay: true, keepAliveTimeout: 75_000 }, (request, response) => {
  const names = request.url.slice(5).split(",");
  if (request.method === "GET") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    response.write(":\n");
    for (const name of names) {
      const readers = topics.get(name) ?? new Set();
      topics.set(name, readers.add(response));
      response.on("close", () => {
        readers.delete(response);
        if (readers.size === 0) {
          topics.delete(name);
        }
      });
    }
    return;
  }
  let data = "";
  request.setEncoding("utf8");
  request.on("data", (part) => (data += part));
  request.on("end", () => {
    const event = `id: ${++sequence}\ndata: ${data}\n\n`;
    for (const reader of topics.get(names[0]) ?? []) {
      reader.write(event);
    }
    response.end();
  });
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
