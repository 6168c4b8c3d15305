"""Node and the client's tools, which a change of the schema needs too."""

from tests.clients.javascript.conftest import development_tools, node

__all__ = ["development_tools", "node"]
