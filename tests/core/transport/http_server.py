# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers on 127.0.0.1 that misbehave on request, most of them with TLS. Makes its own
certificates in the folder it is given, prints their ports as one line of JSON, and ends when its
standard input does. Every request that came is told by GET /log of any server."""

import gzip
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from pathlib import Path

folder = Path(sys.argv[1])
log, seen, lock = [], {}, threading.Lock()


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30", "-subj",
            f"/CN=Test {name}", "-addext", "basicConstraints=critical,CA:TRUE")


def certificate(name, alternative="IP:127.0.0.1,DNS:localhost", days=30):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", f"{name}.pem", "-days", days, "-extfile", f"{name}.ext")


def answer(to, status, body=b"", headers=(), length=None):
    lines = [f"HTTP/1.1 {status} Said", "Connection: close",
             f"Content-Length: {len(body) if length is None else length}", *headers]
    to.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def times(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key]


def serve(to, name, method, path, headers, body):
    url = urllib.parse.urlsplit(path)
    words = url.path.strip("/").split("/")
    query = dict(urllib.parse.parse_qsl(url.query))
    what = words[0]
    if what == "log":
        answer(to, 200, json.dumps(log).encode())
    elif what == "echo":
        said = {"method": method, "headers": headers, "body": body.decode(errors="replace")}
        answer(to, 200, json.dumps(said).encode(), ["Content-Type: application/json"])
    elif what == "status":
        said = f"the server says {words[1]} to {headers.get('authorization', 'nobody')}\n"
        answer(to, int(words[1]), said.encode() * int(query.get("lines", 1)),
               ["WWW-Authenticate: Basic realm=x"] if words[1] == "401" else [])
    elif what == "retry":  # /retry/STATUS/TIMES/KEY?after=
        if times(path) <= int(words[2]):
            after = query.get("after", "")
            if after == "date":
                after = formatdate(time.time() + 2, usegmt=True)
            answer(to, int(words[1]), b"not now", [f"Retry-After: {after}"] if after else [])
        else:
            answer(to, 200, b"now")
    elif what == "redirect":
        answer(to, int(words[1]), b"elsewhere", [f"Location: {query['to']}"])
    elif what == "cut":
        if times(path) <= int(query.get("times", 1000)):
            answer(to, 200, b"x" * 100, length=1000)
        else:
            answer(to, 200, b"whole")
    elif what == "cutchunk":
        to.sendall(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    elif what == "chunks":
        to.sendall(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                   b"5\r\nhello\r\n0\r\n\r\n")
    elif what == "nolength":
        to.sendall(b"HTTP/1.1 200 Said\r\nConnection: close\r\n\r\nhello")
    elif what == "slow":
        to.sendall(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            to.sendall(b"x")
            time.sleep(1)
    elif what == "stall":
        to.sendall(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\nx")
        time.sleep(60)
    elif what == "silent":
        time.sleep(60)
    elif what == "endless":
        to.sendall(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            to.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    elif what == "bighead":
        to.sendall(b"HTTP/1.1 200 Said\r\n")
        while True:
            to.sendall(b"X-Big: " + b"x" * 60000 + b"\r\n")
    elif what == "reset":
        to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif what == "gzip":
        packed = gzip.compress(b"hello " * 100)
        answer(to, 200, packed, ["Content-Encoding: gzip"])
    elif what == "big":
        answer(to, 200, b"x" * int(words[1]))
    elif what == "garbage":
        to.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    elif what == "text":
        answer(to, 200, b"<html>not JSON</html>", ["Set-Cookie: a=b"])
    elif what != "close":
        answer(to, 204)


def shaken(to):
    """After the handshake. What a refused client has sent already is read before the end: a reset
    would take the alert, which says why, from it."""
    try:
        to.do_handshake()
    except OSError:
        raw = socket.socket(fileno=to.detach())
        with raw:
            raw.settimeout(2)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
        raise
    return to


def talk(connection, name, context):
    try:
        connection.settimeout(60)
        to = shaken(context.wrap_socket(connection, server_side=True,
                                        do_handshake_on_connect=False)) if context else connection
        with to:
            data = b""
            while b"\r\n\r\n" not in data:
                more = to.recv(65536)
                if not more:
                    return
                data += more
            head, body = data.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            method, path = lines[0].split(" ")[:2]
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
            while len(body) < int(headers.get("content-length", 0)):
                body += to.recv(65536)
            if not path.startswith("/log"):
                with lock:
                    log.append({"server": name, "method": method, "path": path,
                                "headers": headers, "bytes": len(body)})
            serve(to, name, method, path, headers, body)
            if context and not path.startswith(("/cut", "/reset", "/close")):
                to.unwrap()
    except (OSError, ValueError):
        pass
    finally:
        connection.close()


def listen(name, own=None, client_ca=None):
    context = None
    if own:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"{own}.pem", folder / f"{own}.key")
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(folder / client_ca)
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=talk, args=(connection, name, context), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


authority("ca")
authority("stranger")
certificate("server")
certificate("client")
certificate("elsewhere", "DNS:elsewhere.example")
certificate("expired", days=-1)
(folder / "alone.pem").write_bytes((folder / "stranger.pem").read_bytes())
(folder / "alone.key").write_bytes((folder / "stranger.key").read_bytes())
nobody = socket.socket()
nobody.bind(("127.0.0.1", 0))
print(json.dumps({
    "main": listen("main", "server"), "other": listen("other", "server"), "plain": listen("plain"),
    "selfsigned": listen("selfsigned", "alone"), "elsewhere": listen("elsewhere", "elsewhere"),
    "expired": listen("expired", "expired"), "mutual": listen("mutual", "server", "ca.pem"),
    "nobody": nobody.getsockname()[1]}), flush=True)
sys.stdin.read()
