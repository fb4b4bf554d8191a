"""A TCP relay to a server, which a test can silence or close."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Relays bytes between clients of its `port` and the server at an address."""

    def __init__(self, address: tuple[str, int]):
        self._address = address
        self._silent = threading.Event()
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        """Drop all later bytes from the server; clients stay connected."""
        self._silent.set()

    def cut(self) -> None:
        """Close all connections, and accept new ones."""
        self._close(*self._open)
        self._open.clear()

    def hang_up(self) -> None:
        """Close all connections, and accept no new ones."""
        self._close(self._listening, *self._open)

    @staticmethod
    def _close(*sockets: socket.socket) -> None:
        for each in sockets:
            # A close without a shutdown waits for the thread that reads.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._address)
                self._open += client, server
                for pair in ((client, server), (server, client, self._silent)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(
        source: socket.socket, target: socket.socket, silent: threading.Event | None = None
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not (silent and silent.is_set()):
                    target.sendall(data)
