// SPDX-License-Identifier: Apache-2.0
import { h } from '../dom.js';

const MORE = '{"more_after":'; // how the last line of a page begins that is not the last one

/** Saves what is kept of a topic as a file. The server gives it a page at a time.
 * @param {string} topic @param {(bytes: number) => void} onProgress */
export async function download(topic, onProgress) {
  /** @type {Blob[]} */
  const pages = [];
  let size = 0;
  for (let after = ''; ; ) {
    const response = await fetch(`/console/events?${new URLSearchParams({ topic, ...(after && { after }) })}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    const last = text.lastIndexOf('\n', text.length - 2) + 1;
    const more = text.startsWith(MORE, last);
    const page = new Blob([more ? text.slice(0, last) : text], { type: 'application/x-ndjson' });
    pages.push(page);
    onProgress((size += page.size));
    if (!more) break;
    after = JSON.parse(text.slice(last)).more_after;
  }
  const href = URL.createObjectURL(new Blob(pages, { type: 'application/x-ndjson' }));
  h('a', { href, download: `${topic.replace(/[^\w.-]+/g, '_')}.ndjson` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
