"""Runs one client library for a test, as node/serve.mjs does: lines of JSON in, lines of JSON out."""

import json
import select
import sys
import time

MESSAGES = [{"role": "user", "content": "hello you"}]
FEW_TOKENS = 16
STREAMED_TOKENS = 1_000
# Takes every server seconds, so that no answer ends by itself before its abort.
LONG_TOKENS = 3_500
TOOL = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def say(line):
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def serve(acts):
    """Performs one act after the other; `acts` maps names to functions of the request."""
    for line in iter(sys.stdin.readline, ""):
        at = json.loads(line)
        # An abort that came too late for its act.
        if "abort" in at:
            continue
        try:
            say({"id": at["id"], "done": acts[at["act"]](at)})
        except Exception as error:
            say({"id": at["id"], "error": describe(error)})


def count_parts(stream, at, text_of):
    """Reads a stream to its end, or closes it when told to, as a program does that has enough."""
    parts, text, instants = 0, "", set()
    for part in stream:
        added = text_of(part)
        if added:
            text += added
            parts += 1
            if parts == 1:
                say({"id": at["id"], "part": True})
        instants.add(round(time.monotonic() * 100))
        if select.select([sys.stdin], [], [], 0)[0]:
            sys.stdin.readline()
            stream.close()
            return {"aborted": True}
    return {"parts": parts, "instants": len(instants), "text": text}


def describe(error):
    """Of what a library raised, all that a program may go by."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else {}
    inner = inner if isinstance(inner, dict) else {}
    return {
        "classes": [each.__name__ for each in type(error).__mro__],
        "status": getattr(error, "status_code", None),
        "code": getattr(error, "code", None) or inner.get("code"),
        "type": getattr(error, "type", None) or inner.get("type"),
        "message": str(error),
    }
