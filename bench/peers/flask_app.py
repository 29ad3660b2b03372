"""The shape of a home-made gate: keys in a JSON file, looked up for every check."""

import json
import os

from flask import Flask, Response, request

app = Flask(__name__)
with open(os.environ["KEYS_FILE"], encoding="utf-8") as file:
    keys = json.load(file)


@app.get("/check")
def check() -> Response:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    entry = keys.get(key) if scheme.lower() == "bearer" else None
    if entry is None:
        return Response(status=401)
    fields = {"X-Gatekeeper-User": entry["user"], "X-Gatekeeper-Service": entry["service"]}
    return Response(status=200, headers=fields)
