"""What the page would have started."""

import pytest

from explorer.tabs.train import jobs


@pytest.fixture
def started(monkeypatch) -> list:
    """The words of everything that would have been started."""
    words: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda given, run, *places: words.append(given))
    return words
