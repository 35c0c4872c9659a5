"""Small web sites on this machine, each as a structure's may be: alive, moved, slow, endless, hostile."""

from __future__ import annotations

import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Site(BaseHTTPRequestHandler):
    """Answers by path. `server.seen` keeps `(method, path, agent)`; `server.busy` the most requests served at once."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *arguments) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        server = self.server
        server.seen.append((self.command, self.path, self.headers["User-Agent"]))
        with server.lock:
            server.now += 1
            server.busy = max(server.busy, server.now)
        try:
            self._say()
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with server.lock:
                server.now -= 1

    def _say(self) -> None:
        path, get = self.path.split("?")[0], self.command == "GET"
        if path in self.server.pages:
            return self._send(200, self.server.pages[path])
        if path == "/robots.txt":
            rules = self.server.robots
            return self._send(200 if rules else 404, rules.encode())
        if path.startswith("/status/"):
            return self._send(int(path.rsplit("/", 1)[1]))
        if path == "/only-get":
            return self._send(200 if get else 405, b"bonjour")
        if path.startswith("/to/"):
            _, _, status, where = self.path.split("/", 3)
            return self._send(int(status), location=where)
        if path.startswith("/loop/"):
            return self._send(302, location=f"/loop/{int(path.rsplit('/', 1)[1]) + 1}")
        if path == "/slow":
            time.sleep(0.15)
        if path == "/drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            for _ in range(100):
                self.wfile.write(b"a")
                self.wfile.flush()
                time.sleep(0.1)
            return None
        if path == "/endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(20_000):
                self.wfile.write(f"X-{number}: {'a' * 200}\r\n".encode())
            return None
        if path == "/garbage":
            self.wfile.write(b"\x00\xff ceci n'est pas HTTP\r\n\r\n")
            self.close_connection = True
            return None
        return self._send(200, b"bonjour")

    def _send(self, status: int, body: bytes = b"", location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@contextmanager
def web_site(robots: str = "", certificate: Path | None = None) -> Iterator[ThreadingHTTPServer]:
    """A site on a free port; `address` is its root, `pages` what some paths say. With a certificate, it speaks TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.seen, server.robots, server.now, server.busy, server.lock = [], robots, 0, 0, threading.Lock()
    server.pages = {}
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    server.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(folder: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    path = folder / "site.pem"
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(cert.read_text() + key.read_text())
    return path
