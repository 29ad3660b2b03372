from ollama import Client
from serve import FEW_TOKENS, LONG_TOKENS, MESSAGES, STREAMED_TOKENS, TOOL, count_parts, serve


def open_client(at):
    return Client(host=at["url"], headers={"Authorization": f"Bearer {at['key']}"})


def ask(at, tokens=FEW_TOKENS, **body):
    options = {"num_predict": tokens}
    return open_client(at).chat(model=at["model"], messages=MESSAGES, options=options, **body)


def chat(at):
    answer = ask(at)
    return {"text": answer.message.content, "outputTokens": answer.eval_count}


def stream(at, tokens=STREAMED_TOKENS):
    parts = ask(at, tokens, stream=True)
    return count_parts(parts, at, lambda part: part.message.content)


def tools(at):
    answer = ask(at, tools=[{"type": "function", "function": TOOL}])
    calls = [call.function for call in answer.message.tool_calls or []]
    return [{"name": call.name, "input": dict(call.arguments)} for call in calls]


def embed(at):
    answer = open_client(at).embed(model=at["model"], input=["hello", "you"])
    return [len(each) for each in answer.embeddings]


serve(
    {
        "list": lambda at: [each.model for each in open_client(at).list().models],
        "chat": chat,
        "stream": stream,
        "abort": lambda at: stream(at, LONG_TOKENS),
        "tools": tools,
        "embed": embed,
    }
)
