"""A small web site for download tests: it answers what each test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """`files` by path; `misbehave(path, times asked so far)` may name a fault: cut, 503, 429, html, short, moved."""

    files: dict[str, bytes] = field(default_factory=dict)
    misbehave: Callable[[str, int], str] = lambda path, times: ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    ranges: bool = True

    def etag(self, path: str) -> str:
        return f'"{hash(self.files[path]) & 0xFFFFFFFF:x}"'


@contextmanager
def served() -> Iterator[Site]:
    """The site, on a free port of this machine."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            times = sum(path == self.path for path, _ in site.asked)
            site.asked.append((self.path, self.headers.get("Range", "")))
            fault = site.misbehave(self.path, times)
            if fault in {"503", "429"}:
                self._answer(int(fault), b"", {"Retry-After": "7"})
            elif fault == "html":
                self._answer(
                    200, b"<!doctype html><p>maintenance", {"Content-Type": "text/html; charset=utf-8"}
                )
            elif self.path not in site.files:
                self._answer(404, b"non")
            else:
                self._file(site.files[self.path], fault)

        def _file(self, body: bytes, fault: str) -> None:
            etag = site.etag(self.path)
            if self.headers.get("If-None-Match") == etag:
                self._answer(304, b"")
                return
            start, code, headers = 0, 200, {"ETag": etag, "Content-Type": "application/octet-stream"}
            wanted = self.headers.get("Range")
            if wanted and site.ranges and self.headers.get("If-Range") == etag:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    self._answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                    return
                code = 206
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            rest = body[start:]
            self._answer(code, rest, headers, rest[: len(rest) // 2] if fault == "cut" else rest)

        def _answer(self, code, body, headers=None, sent=None) -> None:
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if sent is None else sent)
            if sent is not None and len(sent) < len(body):
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, *args) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
