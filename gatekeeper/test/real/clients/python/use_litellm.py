"""LiteLLM as a library. Its model's name begins with the provider whose language it is to speak."""

import json

import litellm
from serve import FEW_TOKENS, LONG_TOKENS, MESSAGES, STREAMED_TOKENS, TOOL, count_parts, serve

litellm.suppress_debug_info = True


def place(at):
    return {"model": at["model"], "api_base": at["url"], "api_key": at["key"]}


def complete(at, **body):
    return litellm.completion(**place(at), messages=MESSAGES, **{"max_tokens": FEW_TOKENS, **body})


def chat(at):
    answer = complete(at)
    text = answer.choices[0].message.content
    return {"text": text, "outputTokens": answer.usage.completion_tokens}


class Closable:
    """LiteLLM wraps the stream of the library below it, which is what can be closed."""

    def __init__(self, stream):
        self.stream = stream

    def __iter__(self):
        return iter(self.stream)

    def close(self):
        below = getattr(self.stream, "completion_stream", self.stream)
        below.close()


def stream(at, tokens=STREAMED_TOKENS):
    parts = Closable(complete(at, max_tokens=tokens, stream=True))
    return count_parts(parts, at, lambda p: p.choices[0].delta.content if p.choices else None)


def tools(at):
    known = [{"type": "function", "function": TOOL}]
    answer = complete(at, tools=known, tool_choice="required", max_tokens=200)
    calls = [call.function for call in answer.choices[0].message.tool_calls or []]
    return [{"name": call.name, "input": json.loads(call.arguments)} for call in calls]


def embed(at):
    answer = litellm.embedding(**place(at), input=["hello", "you"])
    return [len(each["embedding"]) for each in answer.data]


serve(
    {
        "chat": chat,
        "stream": stream,
        "abort": lambda at: stream(at, LONG_TOKENS),
        "tools": tools,
        "embed": embed,
    }
)
