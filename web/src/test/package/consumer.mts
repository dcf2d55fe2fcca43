// SPDX-License-Identifier: Apache-2.0
// Who uses the package from TypeScript: this must compile against its generated types.
import { Teleprinter, type State, type StreamEvent } from 'teleprinter';
import { Kept, ResumedTeleprinter } from 'teleprinter/resume';
import { SharedEventSource } from 'teleprinter/shared';

const shared = new Teleprinter('/feed', { EventSource: SharedEventSource });
shared.close();

const resumed = new ResumedTeleprinter('/feed', { key: 'feed', textOf: ({ data }) => data.toUpperCase() });
const text: string = resumed.text;
const gaps: readonly number[] = resumed.gaps;
const own = new Kept<{ words: string[] }>('own', localStorage);
own.write(() => ({ words: [text, ...gaps.map(String), ...(own.read().words ?? [])] }));

const reader = new Teleprinter('https://hub.example/.well-known/mercure?topic=t', {
  types: '*',
  headers: { Authorization: 'Bearer t' },
  isLast: ({ type }: StreamEvent) => type === 'end',
});
reader.addEventListener('state', () => {
  const state: State = reader.state;
  if (state.name === 'failed') console.error(state.status, state.message);
});
for await (const { type, data, id, caughtUp } of reader) console.log(type, data, id, caughtUp);
await reader.stop();
reader.close();
