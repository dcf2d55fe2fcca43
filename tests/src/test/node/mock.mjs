// SPDX-License-Identifier: Apache-2.0
// An independent mock of OpenAI's service: prints its address and answers "hello" until its input ends.
import { LLMock } from '@copilotkit/aimock';

const mock = new LLMock({ port: 0, latency: 20, chunkSize: 4 });
mock.onMessage('hello', { content: 'Hello 世界 👋, how may I help?' });
await mock.start();
console.log(mock.url);
process.stdin.resume().on('end', () => process.exit(0));
