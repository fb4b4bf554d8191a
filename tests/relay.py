"""A relay before a server that can fall silent, or go away, when a test says so."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Passes bytes between its `port` and a server's; after `silence()` what the server says is lost."""

    def __init__(self, address: tuple[str, int]):
        self._address = address
        self._silent = threading.Event()
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        self._silent.set()

    def cut(self) -> None:
        """Close every connection; new ones are accepted."""
        self._close(*self._open)
        self._open.clear()

    def hang_up(self) -> None:
        """Close every connection; new ones are refused."""
        self._close(self._listening, *self._open)

    @staticmethod
    def _close(*sockets: socket.socket) -> None:
        for each in sockets:
            # A close alone would wait for the thread that reads.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._address)
                self._open += client, server
                threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
                threading.Thread(
                    target=self._pass, args=(server, client, self._silent), daemon=True
                ).start()

    @staticmethod
    def _pass(
        source: socket.socket, target: socket.socket, silent: threading.Event | None = None
    ) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                if not (silent and silent.is_set()):
                    target.sendall(said)
