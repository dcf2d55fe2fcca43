// SPDX-License-Identifier: Apache-2.0
// faults.mjs BASE_URL PACKAGE MODEL...: what the library's user sees of each model, four ways each, a
// JSON object a line.
const [baseURL, library, ...models] = process.argv.slice(2);
const { default: OpenAI } = await import(library);
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });

async function tell(model, way, ask) {
  const told = { model, way, text: '', finish: '', error: false };
  try {
    await ask(told);
  } catch (e) {
    told.error = true;
    told.message = String(e.message);
  }
  console.log(JSON.stringify(told));
}

const chat = (model) => ({ model, messages: [{ role: 'user', content: 'hello' }] });

async function tellAll(model) {
  if (!model.startsWith('r-')) {
    await tell(model, 'chat', async (told) => {
      for await (const chunk of await client.chat.completions.create({ ...chat(model), stream: true })) {
        told.text += chunk.choices[0]?.delta?.content ?? '';
        told.finish = chunk.choices[0]?.finish_reason ?? told.finish;
      }
    });
    await tell(model, 'chat helper', async (told) => {
      const completion = await client.chat.completions.stream(chat(model)).finalChatCompletion();
      told.text = completion.choices[0].message.content;
      told.finish = completion.choices[0].finish_reason;
    });
  }
  await tell(model, 'responses', async (told) => {
    for await (const event of await client.responses.create({ model, input: 'hello', stream: true })) {
      if (event.type === 'response.output_text.delta') told.text += event.delta;
      if (event.type === 'response.completed') told.finish = 'stop';
    }
  });
  await tell(model, 'responses helper', async (told) => {
    const response = await client.responses.stream({ model, input: 'hello' }).finalResponse();
    told.text = response.output_text;
    told.finish = response.status === 'completed' ? 'stop' : response.status;
  });
}

await Promise.all(models.map(tellAll));
