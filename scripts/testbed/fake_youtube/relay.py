"""A SOCKS proxy between the site and the fake."""

from __future__ import annotations

import socket
import threading


class Relay:
    """A SOCKS 5 proxy that wants a name and a password, in front of the fake's own proxy."""

    def __init__(self, behind: int):
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.targets: list[tuple[int, bytes]] = []  # kind of address, and the address
        self.sign_ins: list[bytes] = []
        self.clients: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            self.clients.append(address[0])
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        if stream.read(1) != b"\x05":  # it was taken for a proxy of another kind
            stream.close()
            connection.close()
            return
        stream.read(stream.read(1)[0])
        connection.sendall(b"\x05\x02")  # name and password
        stream.read(1)
        name = stream.read(stream.read(1)[0])
        self.sign_ins.append(name + b":" + stream.read(stream.read(1)[0]))
        connection.sendall(b"\x01\x00")
        _, _, _, kind = stream.read(4)
        host = stream.read(stream.read(1)[0] if kind == 3 else 4)
        port = int.from_bytes(stream.read(2))
        self.targets.append((kind, host))
        onward = socket.create_connection(("127.0.0.1", self._behind))
        onward.sendall(b"CONNECT %s:%d HTTP/1.1\r\n\r\n" % (host, port))
        while not onward.recv(1, socket.MSG_PEEK):
            pass
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += onward.recv(1)
        connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
        threading.Thread(target=self._pour, args=(onward, connection), daemon=True).start()
        self._pour(connection, onward)

    @staticmethod
    def _pour(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
