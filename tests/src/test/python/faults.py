# SPDX-License-Identifier: Apache-2.0
# faults.py BASE_URL MODEL...: what the library's user sees of each model, with and without event ids,
# a JSON object a line.
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)


def chat(told, **extra):
    messages = [{"role": "user", "content": "hello"}]
    for chunk in client.chat.completions.create(
        model=told["model"], messages=messages, stream=True, **extra
    ):
        if chunk.choices:
            told["text"] += chunk.choices[0].delta.content or ""
            told["finish"] = chunk.choices[0].finish_reason or told["finish"]


def responses(told, **extra):
    for event in client.responses.create(
        model=told["model"], input="hello", stream=True, **extra
    ):
        if event.type == "response.output_text.delta":
            told["text"] += event.delta
        if event.type == "response.completed":
            told["finish"] = "stop"


def helper(told):
    with client.responses.stream(model=told["model"], input="hello") as stream:
        response = stream.get_final_response()
    told["text"] = response.output_text
    told["finish"] = "stop" if response.status == "completed" else response.status


def tell(model, way, ask):
    told = {"model": model, "way": way, "text": "", "finish": "", "error": False}
    try:
        ask(told)
    except Exception as e:
        told["error"] = True
        told["message"] = repr(e)
    print(json.dumps(told) + "\n", end="", flush=True)


ids = {"extra_query": {"event_ids": "true"}}


def tell_all(model):
    if not model.startswith("r-"):
        tell(model, "chat", chat)
        tell(model, "chat with ids", lambda told: chat(told, **ids))
    tell(model, "responses", responses)
    tell(model, "responses with ids", lambda told: responses(told, **ids))
    tell(model, "responses helper", helper)


with ThreadPoolExecutor(8) as pool:
    list(pool.map(tell_all, sys.argv[2:]))
