// SPDX-License-Identifier: Apache-2.0
// Who uses the package from TypeScript: this must compile against its generated types.
import { Teleprinter, type State, type StreamEvent } from '../../../target/types/teleprinter.js';
import { SharedEventSource } from '../../../target/types/shared-event-source.js';

const shared = new Teleprinter('/feed', { EventSource: SharedEventSource });
shared.close();

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
