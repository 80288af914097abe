"""A headless Chromium driven through two pipes: no driver, no websocket, no dependency.

Chromium speaks its DevTools protocol (JSON messages ended by a NUL) on the file descriptors 3 and 4
when it is started with ``--remote-debugging-pipe``.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from contextlib import contextmanager

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage "
    "--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars "
    "--remote-debugging-pipe"
).split()
_PATIENCE = 60  # seconds for one answer


def executable():
    """Path of a Chromium, or None."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


class Browser:
    """A running Chromium with one tab."""

    def __init__(self, profile):
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        # Above 4, so that putting one pipe into place does not overwrite the other.
        theirs = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]
        places = [(os.POSIX_SPAWN_DUP2, end, at) for end, at in zip(theirs, (3, 4), strict=True)]
        quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        command = [executable(), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._pid = os.posix_spawn(
            command[0], command, os.environ, file_actions=[*places, quiet], setpgroup=0
        )
        for end in (theirs_in, theirs_out, *theirs):
            os.close(end)
        self._buffer, self._last, self._events, self._session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        """End the browser and all its processes."""
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._to)
        os.close(self._from)

    def call(self, method, **params):
        """Send one command and wait for its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self._events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self):
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            if not select.select([self._from], [], [], deadline - time.monotonic())[0]:
                raise TimeoutError(f"no word from the browser in {_PATIENCE} s")
            read = os.read(self._from, 1 << 20)
            if not read:
                raise RuntimeError("the browser is gone")
            self._buffer += read
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, path, *, width=1400, height=900, dark=False, script=True):
        """Load a file into the tab, as a screen of this width shows it, and wait until it is."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self._events.clear()
        url = path.resolve().as_uri()
        self.call("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self._events):
            self._events.append(self._next())

    def run(self, script):
        """The value of a JavaScript expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def press(self, key, code=0):
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **text,
            )

    def complaints(self):
        """What was written to the console or thrown since the page was opened."""
        self.run("0")
        found = []
        for event in self._events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"]["exception"].get("description"))
            elif event.get("method") == "Runtime.consoleAPICalled":
                found.append(str(params["args"]))
            elif event.get("method") == "Log.entryAdded":
                found.append(params["entry"]["text"])
        return found

    def requests(self):
        """Addresses asked for since the page was opened, those within the page aside."""
        sent = (e["params"]["request"]["url"] for e in self._events
                if e.get("method") == "Network.requestWillBeSent")  # fmt: skip
        return [url for url in sent if not url.startswith("data:")]

    def screenshot(self, path):
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, path):
        """The page as it prints on A4."""
        made = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(made["data"]))


@contextmanager
def started(profile):
    """A `Browser` that is closed at the end."""
    running = Browser(profile)
    try:
        yield running
    finally:
        running.close()
