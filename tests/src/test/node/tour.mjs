// SPDX-License-Identifier: Apache-2.0
// tour.mjs BASE_URL PACKAGE MODEL: everything a user of the official library does, one JSON object out.
const [baseURL, library, model] = process.argv.slice(2);
const { default: OpenAI } = await import(library);
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];
const told = {};

told.models = (await client.models.list()).data.map((m) => m.id);
told.chat = (await client.chat.completions.create({ model, messages })).choices[0].message.content;

told.chatStream = '';
const chunks = await client.chat.completions.create({ model, messages, stream: true });
for await (const chunk of chunks) {
  told.chatStream += chunk.choices[0]?.delta?.content ?? '';
}
told.chatHelper = await client.chat.completions.stream({ model, messages }).finalContent();

told.response = (await client.responses.create({ model, input: 'hello' })).output_text;

const numbers = [];
let id = '';
told.responseStream = '';
for await (const event of await client.responses.create({ model, input: 'hello', stream: true })) {
  numbers.push(event.sequence_number);
  if (event.type === 'response.created') id = event.response.id;
  if (event.type === 'response.output_text.delta') told.responseStream += event.delta;
}
told.gapless = numbers.every((n, i) => n === i);
told.responseHelper = (
  await client.responses.stream({ model, input: 'hello' }).finalResponse()
).output_text;

told.retrieved = (await client.responses.retrieve(id)).output_text;
const resumed = [];
for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 4 })) {
  resumed.push(event.sequence_number);
}
told.resumed = JSON.stringify(resumed) === JSON.stringify(numbers.slice(5));
told.resumedHelper = (
  await client.responses.stream({ response_id: id, starting_after: 4 }).finalResponse()
).output_text;

const background = await client.responses.create({ model: 'demo', input: 'use', background: true });
told.cancelled = (await client.responses.cancel(background.id)).status;
told.cancelledTwice = (await client.responses.cancel(background.id)).status;
told.unknown = await client.responses.retrieve('resp_none').catch((e) => e.status);
told.noSuchModel = await client.responses.create({ model: 'no', input: 'x' }).catch((e) => e.status);
console.log(JSON.stringify(told));
