"""
Gives half of the requests ids of things that exist, with what a change of them needs, so that
schemathesis reaches operations and not only their first checks. What is removed is made before.
"""

import base64
import json
import os
import random
import urllib.error
import urllib.request

import schemathesis

base = os.environ["GATEKEEPER_TEST_SCHEMA_URL"]
seeded = json.loads(os.environ["GATEKEEPER_TEST_SCHEMA_IDS"])
draw = random.Random(1)
word = "0123456789abcdef"


def send(method, path, body=None, fields=()):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method=method)
    if data is not None:
        request.add_header("content-type", "application/json")
    for name, value in dict(fields).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if text else None, answer.headers
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {path}: {error.read().decode()}") from None


def drawn(length):
    return "".join(draw.choice(word) for _ in range(length))


# What makes each thing, without its id.
bodies = {
    "keys": {"user": "ada", "services": ["ollama"], "noExpiryReason": "a test"},
    "clients": {"services": ["ollama"], "app": {"dailyQuota": 5, "monthlyQuota": None}},
    "rules": {"ip": "203.0.113.7", "type": "deny"},
    "users": {"dailyQuota": 5},
    "provider-keys": {"key": "a-key-of-a-provider-0123456789"},
}


# Changes that are valid, for half of those of a thing that exists.
changes = {
    "keys": {"description": "changed", "disabled": False, "tags": ["env=test"]},
    "clients": {"disabled": False, "tokenSeconds": 600},
}


def new_id(kind):
    if kind == "keys":
        return drawn(10)
    if kind == "users":
        name = f"{kept('apps')}:user-{drawn(8)}"
        return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
    if kind == "provider-keys":
        items = send("GET", "/provider-keys")[0]["items"]
        return draw.choice(items)["provider"] if items else "openai"
    return drawn(16)


def make(kind):
    """Makes a thing and returns its id, or None where there is no way to make one."""
    if kind in seeded:
        return seeded[kind].pop() if seeded[kind] else None
    if kind == "invitations":
        made, _ = send("POST", "/invitations", {"name": f"new {drawn(12)}", "role": "member"})
        return made["id"]
    if kind == "apps":
        # One that no request changes, which might then know no users.
        kind = "clients"
    if kind not in bodies:
        return None
    made_id = new_id(kind)
    send("PUT", f"/{kind}/{made_id}", bodies[kind], {"if-none-match": "*"})
    return made_id


kept_ids = {}


def kept(kind):
    """Returns the id of a thing that nothing removes."""
    if kind not in kept_ids:
        kept_ids[kind] = make(kind)
    return kept_ids[kind]


def tag_of(path):
    try:
        return send("GET", path)[1].get("etag")
    except RuntimeError:
        return None


def fill_body(case, kind, method):
    """Puts what is valid in the place of a body, with some of the members that were drawn."""
    if method == "PUT" and kind in bodies and isinstance(case.body, dict):
        some = {name: value for name, value in case.body.items() if draw.random() < 0.2}
        case.body = {**some, **bodies[kind]}
    if method == "PATCH" and kind in changes and draw.random() < 0.5:
        case.body = dict(changes[kind])
    if kind == "playground" and method == "POST" and isinstance(case.body, dict):
        models = send("GET", f"/playground/models?key={kept('keys')}")[0]["items"]
        if models:
            chosen = {name: models[0][name] for name in ("service", "model")}
            case.body = {**case.body, **chosen}
    if isinstance(case.body, dict):
        if "key" in case.body and kind in ("explain", "playground"):
            case.body = {**case.body, "key": kept("keys")}
        if "ids" in case.body:
            case.body = {**case.body, "ids": [make("keys")]}


@schemathesis.hook
def before_call(context, case, kwargs):
    if draw.random() < 0.5:
        return
    method = case.method.upper()
    kind = case.path.split("/")[1]
    names = list(case.path_parameters or {})
    fill_body(case, kind, method)
    if kind == "playground" and method == "GET":
        case.query = {"key": kept("keys")}
    if not names:
        return
    if method == "PUT":
        known = new_id(kind) if kind in bodies else None
    else:
        is_end = method == "DELETE" or case.path.endswith("/erase")
        known = make(kind) if is_end else kept(kind)
    if known is None:
        return
    case.path_parameters = {**case.path_parameters, names[0]: known}
    if method == "PUT":
        case.headers["If-None-Match"] = "*"
    if method == "PATCH":
        tag = tag_of(f"/{kind}/{known}")
        if tag is not None:
            case.headers["If-Match"] = tag
