"""Facts about what the tabs share."""

import pytest

from explorer.core.library import Library
from explorer.rendering import server
from explorer.tabs.context import Context


def test_two_handlers_of_one_name_are_refused(tmp_path):
    context = Context(Library(tmp_path, tmp_path), *[None] * 5)
    assert [ask.__name__ for ask in context.server(server.png, server.rebase)] == ["png", "rebase"]
    with pytest.raises(ValueError, match="called png"):
        context.server(server.png, server.rebase, server.png)
