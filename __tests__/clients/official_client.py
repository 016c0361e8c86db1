"""The official Python client against a running service: official_client.py ORIGIN KEY"""

import json
import sys
import threading
import time
from typing import Literal

import httpx2
import openai
from openai import OpenAI
from pydantic import BaseModel

ORIGIN, KEY = sys.argv[1:3]
ASK = [{"role": "user", "content": "How is the weather in Oslo?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Oslo", "Paris"]}},
            "required": ["city"],
        },
    },
}
attempts: list[tuple[int, float, str | None]] = []
refused = threading.Event()


def note(response: httpx2.Response) -> None:
    attempts.append((response.status_code, time.monotonic(), response.headers.get("retry-after")))
    if response.status_code == 429:
        refused.set()


def connect(key: str = KEY) -> OpenAI:
    http = httpx2.Client(event_hooks={"response": [note]}, timeout=60)
    return OpenAI(base_url=f"{ORIGIN}/v1", api_key=key, http_client=http)


client = connect()


def lists_and_finds_the_model() -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("org/alias:free").id == "tiny"


def answers_whole_and_streamed() -> None:
    body = {"model": "tiny", "messages": ASK, "max_tokens": 12, "temperature": 0}
    whole = client.chat.completions.create(**body).choices[0].message.content
    chunks = client.chat.completions.create(**body, stream=True)
    assert whole == "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def parses_a_model() -> None:
    class Answer(BaseModel):
        urgency: Literal["low", "high"]
        known: bool

    parsed = client.chat.completions.parse(model="tiny", messages=ASK, response_format=Answer, max_tokens=200)
    assert isinstance(parsed.choices[0].message.parsed, Answer)


def runs_a_tool_loop() -> None:
    messages: list = list(ASK)
    for choice in ["required", "required", "none"]:
        message = client.chat.completions.create(
            model="tiny", messages=messages, tools=[TOOL], tool_choice=choice, parallel_tool_calls=False, max_tokens=100
        ).choices[0].message
        messages.append(message)
        for call in message.tool_calls or []:
            city = json.loads(call.function.arguments)["city"]
            assert city in ["Oslo", "Paris"], city
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"Rain in {city}"})
    assert [m["role"] if isinstance(m, dict) else m.role for m in messages] == [
        "user", "assistant", "tool", "assistant", "tool", "assistant",
    ]


def streams_a_call() -> None:
    with client.chat.completions.stream(
        model="tiny", messages=ASK, tools=[TOOL], tool_choice="required", parallel_tool_calls=False, max_tokens=100
    ) as stream:
        final = stream.get_final_completion().choices[0]
    assert final.finish_reason == "tool_calls"
    assert json.loads(final.message.tool_calls[0].function.arguments)["city"] in ["Oslo", "Paris"]


def does_not_repeat_a_wrong_key() -> None:
    attempts.clear()
    try:
        connect("wrong").models.list()
        raise AssertionError("it was let in")
    except openai.AuthenticationError:
        assert [status for status, _, _ in attempts] == [401]


def comes_again_after_a_full_house() -> None:
    """One slot, no queue: the second request is sent away until the first is given up."""
    long = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=3500, temperature=0, stream=True)
    next(iter(long))
    attempts.clear()
    refused.clear()
    answers: list = []
    second = threading.Thread(
        target=lambda: answers.append(client.chat.completions.create(model="tiny", messages=ASK, max_tokens=3))
    )
    second.start()
    assert refused.wait(30)
    long.close()
    second.join(120)
    assert len(answers) == 1
    (first_status, refused_at, retry_after), (last_status, answered_at, _) = attempts[0], attempts[-1]
    assert (first_status, last_status) == (429, 200), attempts
    assert answered_at - refused_at > int(retry_after or "0") - 0.05, attempts


for case in [
    lists_and_finds_the_model,
    answers_whole_and_streamed,
    parses_a_model,
    runs_a_tool_loop,
    streams_a_call,
    does_not_repeat_a_wrong_key,
    comes_again_after_a_full_house,
]:
    case()
    print(f"ok {case.__name__}", flush=True)
