"""A name server that can forget."""

import socket
from typing import Any, override

from tests.conftest import LoopbackResolver

NAME = "nezha.test"
"""A dashboard's; all others are known, too."""


class Names:
    """What is known at present."""

    def __init__(self) -> None:
        self.forgotten: set[str] = set()
        self.failures = 0


class ForgetfulResolver(LoopbackResolver):
    """Resolves what is known to loopback."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[dict[str, Any]]:
        if host in self._names.forgotten:
            self._names.failures += 1
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        return await super().resolve(host, port, family)
