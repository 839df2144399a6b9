"""Measures the language server: first diagnostics, key strokes, memory.

    python3 benches/lsp.py target/release/poam FOLDER [KEYSTROKES]

FOLDER is a tracker, such as one of 10,000 items that `cargo bench --bench synthetic` makes. Prints milliseconds from the
start to the first diagnostics, the median and the slowest key stroke (change of a text to its diagnostics), and the
memory before and after the key strokes.
"""

import json
import pathlib
import subprocess
import sys
import time


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    strokes = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    started = time.monotonic()
    server = subprocess.Popen([program, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        server.stdin.flush()

    def receive():
        length = 0
        while (line := server.stdout.readline().strip()):
            name, value = line.split(b": ")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(server.stdout.read(length))

    def memory():
        status = pathlib.Path(f"/proc/{server.pid}/status")
        if not status.exists():
            return 0
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmRSS")).split()[1]) // 1024

    send({"id": 1, "method": "initialize", "params": {"rootUri": folder.as_uri(), "capabilities": {}}})
    while receive().get("id") != 1:
        pass
    send({"method": "initialized", "params": {}})
    path = sorted((folder / "items").rglob("*.yaml"))[0]
    uri, text = path.as_uri(), path.read_text()

    def diagnostics_of(version):
        while True:
            message = receive()
            parameters = message.get("params", {})
            if parameters.get("uri") == uri and parameters.get("version") == version:
                return

    document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    diagnostics_of(1)
    print(f"first diagnostics: {(time.monotonic() - started) * 1000:.0f} ms")
    before = memory()
    times = []
    for version in range(2, strokes + 2):
        changed = text + f"# typed {version}\n"
        began = time.monotonic()
        document = {"uri": uri, "version": version}
        send({"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [{"text": changed}]}})
        diagnostics_of(version)
        times.append((time.monotonic() - began) * 1000)
    times.sort()
    print(f"key stroke: median {times[len(times) // 2]:.1f} ms, slowest {times[-1]:.1f} ms")
    print(f"memory: {before} MB before, {memory()} MB after {strokes} key strokes")
    send({"id": 2, "method": "shutdown", "params": None})
    while receive().get("id") != 2:
        pass
    send({"method": "exit", "params": None})
    server.wait()


main()
