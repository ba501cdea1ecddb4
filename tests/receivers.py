"""Real receivers on loopback for every test that sends: a mail server and a webhook."""

from __future__ import annotations

import random
import time
import warnings
from collections import defaultdict
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

with warnings.catch_warnings():
    # apprise's mail plugin imports imghdr, which Python 3.11 to 3.12 warn of, at the first mail sent.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise.plugins.email  # noqa: F401


class _Controller(Controller):
    def __init__(self, handler: object) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def _trigger_server(self) -> None:
        # The base class dials the port it was asked for; with 0 that is known only now.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class SmtpReceiver:
    """A mail server that keeps what it is sent. `answer`: what it says to every message ("451 later");
    `refused`: recipients it answers with 550.
    """

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.refused: set[str] = set()
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self._controller = _Controller(self)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.raw.append(envelope.content)
            self.messages.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def url(self, *to: str, options: str = "") -> str:
        """The apprise URL of a channel that mails here."""
        people = ",".join(to or ("desk@press.invalid",))
        return f"mailto://127.0.0.1:{self.port}?from=monitor@press.invalid&to={people}{options}"

    def __enter__(self) -> SmtpReceiver:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


class HttpReceiver:
    """A webhook that keeps what is posted. `status`, `headers` and `body` are what it answers, settable at any time.
    `hold`: an event it waits for, `patience` seconds at most, before it answers.
    """

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self.body = b""
        self.hold: Event | None = None
        self.patience = 10.0
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                names = {name.lower(): value for name, value in self.headers.items()}
                receiver.posts.append((self.path, names, body))
                if receiver.hold is not None:
                    receiver.hold.wait(receiver.patience)
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # With the usual 5, a hundred that dial at once wait a second for the next try.
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        # Closing the server waits for its requests: no socket is left open.
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "hook", scheme: str = "json", options: str = "") -> str:
        """The apprise URL of a channel that posts here."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}{options}"

    def __enter__(self) -> HttpReceiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Unreliable:
    """A webhook that refuses a tenth, takes a twentieth and says nothing, and is slow, until `good`. `posts`: by id the path and
    body of what it took.
    """

    # Seconds for a message at most.
    SLOW = 0.1

    def __init__(self, dice: random.Random) -> None:
        self.good = False
        self.posts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        receiver, lock = self, Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return
                with lock:
                    chance = 1.0 if receiver.good else dice.random()
                    if chance >= 0.1:
                        receiver.posts[self.headers["X-Monitor-Id"]].append((self.path.strip("/"), body))
                time.sleep(0.0 if receiver.good else receiver.SLOW * chance)
                if chance < 0.15:
                    self.close_connection = True
                if 0.1 <= chance < 0.15:
                    return
                self.send_response(503 if chance < 0.1 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError):  # who asked was killed
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Unreliable:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
