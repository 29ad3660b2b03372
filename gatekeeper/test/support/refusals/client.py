"""httpx over HTTP/2: sends each request `repeat` times and counts what came."""
import json, re, ssl, sys
import httpx

spec = json.load(sys.stdin)
context = ssl.create_default_context(cafile=spec["ca"])


def content(length):
    body = spec["prefix"].encode() + b"x" * (length - len(spec["prefix"] + spec["suffix"])) + spec["suffix"].encode()
    body = body if length > 100 else b"{}"[:length]
    # httpx copies the rest of a long text for each frame, so long ones come in pieces.
    return body if length < 4 << 20 else (body[at : at + 65536] for at in range(0, length, 65536))


results = []
for cell in spec["cells"]:
    seen = {}
    with httpx.Client(http2=True, verify=context, timeout=120) as client:
        for _ in range(spec["repeat"]):
            headers = {**cell["headers"], "content-length": str(cell["bytes"])}
            try:
                answer = client.post(spec["url"] + cell["path"], headers=headers, content=content(cell["bytes"]))
                came = f"{answer.http_version} {answer.status_code} {answer.text}"
            except Exception as error:
                came = f"error {error!r}"
            seen[came] = seen.get(came, 0) + 1
    results.append({"name": cell["name"], "seen": seen})
json.dump(results, sys.stdout)
