// SPDX-License-Identifier: Apache-2.0

/**
 * What one event adds to an answer.
 * @typedef {{kind: 'text' | 'thinking', text: string, part: string}
 *   | {kind: 'failure', message: string, code: string}
 *   | {kind: 'end', status: string, message: string, code: string, model: string, outputTokens: number | null}
 *   | {kind: 'other'}} Piece
 *   `part` changes where a new piece of output begins. `status` is the Response's, or "" where the
 *   stream does not say.
 */

/** @type {Piece} */
const OTHER = { kind: 'other' };
const RUNNING = ['queued', 'in_progress'];
const TEXT = ['response.output_text.delta', 'response.refusal.delta'];
const THINKING = ['response.reasoning_text.delta', 'response.reasoning_summary_text.delta'];

/**
 * Reads the dialects of an answer: OpenAI Responses, Chat Completions, or plain text in `data`.
 * @param {{type: string, data: string}} event
 * @returns {Piece}
 */
export function decode({ type, data }) {
  if (data === '[DONE]') return end({});
  const json = parse(data);
  if (json === undefined) {
    if (type === 'error') return failure({ message: data });
    return type === 'message' ? { kind: 'text', text: data, part: '' } : OTHER;
  }
  const name = json.type ?? type;
  if (TEXT.includes(name)) return text('text', json);
  if (THINKING.includes(name)) return text('thinking', json);
  if (/^response\.(completed|failed|incomplete)$/.test(name)) return end(json.response ?? {});
  if (name === 'error' || json.error) return failure(json.error ?? json);
  if (json.object === 'chat.completion.chunk') return chunk(json);
  return OTHER;
}

/** The text of a whole Response object, as `GET /v1/responses/{id}` answers it. */
export function outputText(/** @type {WireResponse} */ response) {
  /** @type {string[]} */
  const parts = [];
  for (const item of response.output ?? []) {
    for (const part of item.content ?? []) parts.push(part.text ?? part.refusal ?? '');
  }
  return parts.join('\n\n');
}

/** The end that a whole Response object tells, or undefined while it is still being answered. */
export function endOf(/** @type {WireResponse} */ response) {
  return !response.status || RUNNING.includes(response.status) ? undefined : end(response);
}

/**
 * What we read of the wire; the rest of the fields do not matter here.
 * @typedef {{message?: string | null, code?: string | number | null}} WireError
 * @typedef {{
 *   status?: string, model?: string, error?: WireError | null, usage?: {output_tokens?: number} | null,
 *   incomplete_details?: {reason?: string} | null,
 *   output?: {content?: {text?: string, refusal?: string}[]}[]
 * }} WireResponse
 * @typedef {{content?: string | null, reasoning?: string, reasoning_content?: string}} WireDelta
 * @typedef {{
 *   type?: string, object?: string, delta?: string, response?: WireResponse,
 *   output_index?: number, content_index?: number, summary_index?: number,
 *   error?: WireError | string, message?: string, code?: string, choices?: {delta?: WireDelta}[]
 * }} WireEvent
 */

/** @returns {WireEvent | undefined} undefined for what is no JSON object */
function parse(/** @type {string} */ data) {
  if (!data.startsWith('{')) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // plain text that begins with a brace
  }
}

/** @returns {Piece} */
function text(/** @type {'text' | 'thinking'} */ kind, /** @type {WireEvent} */ json) {
  const place = json.summary_index ?? json.content_index ?? 0;
  return { kind, text: String(json.delta ?? ''), part: `${json.output_index ?? 0}.${place}` };
}

/** @returns {Piece} */
function chunk(/** @type {WireEvent} */ json) {
  const delta = json.choices?.[0]?.delta ?? {};
  if (delta.content) return { kind: 'text', text: delta.content, part: '' };
  const thinking = delta.reasoning_content ?? delta.reasoning;
  return thinking ? { kind: 'thinking', text: thinking, part: '' } : OTHER;
}

/** @returns {Piece & {kind: 'failure'}} */
function failure(/** @type {WireError | string} */ error) {
  const { message = '', code = '' } = typeof error === 'string' ? { message: error } : error;
  return { kind: 'failure', message: String(message ?? ''), code: String(code ?? '') };
}

/** @returns {Piece & {kind: 'end'}} */
function end(/** @type {WireResponse} */ response) {
  return {
    kind: 'end',
    status: response.status ?? '',
    message: response.error?.message ?? '',
    code: String(response.error?.code ?? response.incomplete_details?.reason ?? ''),
    model: response.model ?? '',
    outputTokens: response.usage?.output_tokens ?? null,
  };
}
