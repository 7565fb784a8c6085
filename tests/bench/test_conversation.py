"""What a conversation costs at most: counted, so it is the same on every machine."""

from pathlib import Path

import pytest

from tests.bench import conversation


@pytest.mark.parametrize(("copies", "limit"), [(False, conversation.DILIGENT), (True, conversation.COPYING)])
def test_what_ocm_says_in_a_conversation_stays_within_its_tokens(tmp_path: Path, *, copies: bool, limit: int) -> None:
    said = conversation.tokens(tmp_path, copies=copies)
    assert said.total() <= limit, said
    assert said["rules"] <= 330
    assert min(said[kind] for kind in ("names and server", "brief", "reminders", "schema", "results")) > 0
    assert (said["denials"] > 0) == copies
    assert said["prompt"] == 0, "the hook fills the session's id in"
