"""A teacher that a thread of the tests serves."""

import threading
import time

import pytest


class TeacherServer:
    """A teacher that a thread serves at 127.0.0.1, for tests of the client and of runs; ``url`` says where."""

    def __init__(self, served, port: int = 0, **limits) -> None:
        import uvicorn

        from genkd_mm.apis.serve import teacher_app

        config = uvicorn.Config(
            teacher_app(served, 'secret', **limits), port=port, log_config=None, log_level='critical'
        )
        self._socket = config.bind_socket()
        self.port = self._socket.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._socket.close()


@pytest.fixture
def start_server(monkeypatch):
    """Factory of :class:`TeacherServer`; its clients find the token in the environment."""
    monkeypatch.setenv('GENKD_TEACHER_TOKEN', 'secret')
    servers = []

    def start(served, **kwargs) -> TeacherServer:
        servers.append(TeacherServer(served, **kwargs))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
