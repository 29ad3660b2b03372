import json

from openai import OpenAI
from serve import FEW_TOKENS, LONG_TOKENS, MESSAGES, STREAMED_TOKENS, TOOL, count_parts, serve


def open_client(at):
    return OpenAI(base_url=at["url"], api_key=at["key"])


def complete(at, **body):
    asked = {"model": at["model"], "messages": MESSAGES, "max_tokens": FEW_TOKENS, **body}
    return open_client(at).chat.completions.create(**asked)


def chat(at):
    answer = complete(at)
    text = answer.choices[0].message.content
    return {"text": text, "outputTokens": answer.usage.completion_tokens}


def stream(at, tokens=STREAMED_TOKENS):
    parts = complete(at, max_tokens=tokens, stream=True)
    return count_parts(parts, at, lambda p: p.choices[0].delta.content if p.choices else None)


def tools(at):
    known = [{"type": "function", "function": TOOL}]
    answer = complete(at, tools=known, tool_choice="required", max_tokens=200)
    calls = [call.function for call in answer.choices[0].message.tool_calls or []]
    return [{"name": call.name, "input": json.loads(call.arguments)} for call in calls]


def embed(at):
    answer = open_client(at).embeddings.create(model=at["model"], input=["hello", "you"])
    return [len(each.embedding) for each in answer.data]


serve(
    {
        "list": lambda at: [each.id for each in open_client(at).models.list()],
        "chat": chat,
        "stream": stream,
        "abort": lambda at: stream(at, LONG_TOKENS),
        "tools": tools,
        "embed": embed,
    }
)
