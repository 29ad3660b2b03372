from anthropic import Anthropic
from serve import FEW_TOKENS, LONG_TOKENS, MESSAGES, STREAMED_TOKENS, TOOL, count_parts, serve


def open_client(at):
    return Anthropic(base_url=at["url"], api_key=at["key"])


def send(at, **body):
    asked = {"model": at["model"], "messages": MESSAGES, "max_tokens": FEW_TOKENS, **body}
    return open_client(at).messages.create(**asked)


def chat(at):
    answer = send(at)
    return {"text": answer.content[0].text, "outputTokens": answer.usage.output_tokens}


def text_of(part):
    return getattr(part.delta, "text", None) if part.type == "content_block_delta" else None


def stream(at, tokens=STREAMED_TOKENS):
    return count_parts(send(at, max_tokens=tokens, stream=True), at, text_of)


def tools(at):
    known = [
        {
            "name": TOOL["name"],
            "description": TOOL["description"],
            "input_schema": TOOL["parameters"],
        }
    ]
    answer = send(at, tools=known, tool_choice={"type": "any"}, max_tokens=200)
    calls = [block for block in answer.content if block.type == "tool_use"]
    return [{"name": call.name, "input": call.input} for call in calls]


serve(
    {
        "list": lambda at: [each.id for each in open_client(at).models.list()],
        "chat": chat,
        "stream": stream,
        "abort": lambda at: stream(at, LONG_TOKENS),
        "tools": tools,
    }
)
