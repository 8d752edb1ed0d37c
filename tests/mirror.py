"""A server of the full data on this machine, in the place of those that the library knows."""

import contextlib
import hashlib
import http.server
import threading
import time

from dshlib import data


class Mirror(http.server.ThreadingHTTPServer):
    """A real server of the real files that can be slow, stop half-way or send something else."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.files = {name: (folder / name).read_bytes() for name in data.FILES}
        self.requests, self.delay = [], 0
        self.stops_half_way, self.half_way, self.go_on = False, threading.Event(), threading.Event()

    def resources(self):
        """What torchvision expects: names and MD5 of the files, which Debian gzipped anew."""
        return [(name, hashlib.md5(packed).hexdigest()) for name, packed in self.files.items()]


class MirrorHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers["Method"] == "HEAD":  # so torchvision asks whether the file has moved
            self.send_response(200)
            self.end_headers()
            return
        name = self.path.strip("/")
        self.server.requests.append(name)
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        time.sleep(self.server.delay)
        middle = len(content) // 2
        self.wfile.write(content[:middle])
        if self.server.stops_half_way:
            self.server.half_way.set()
            self.server.go_on.wait(60)
        with contextlib.suppress(ConnectionError):  # the client was killed
            self.wfile.write(content[middle:])

    def log_message(self, *_):
        pass
