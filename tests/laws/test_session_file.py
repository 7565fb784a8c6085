"""The laws of the session file, over arbitrary sessions and arbitrary edits of a person."""

from hypothesis import given

from ocm import markdown, rewrite
from ocm.model import Session
from tests.laws.strategies import sessions


@given(sessions())
def test_parse_inverts_render(session: Session) -> None:
    assert markdown.parse(rewrite.render(session)) == session


@given(sessions())
def test_render_inverts_parse_for_every_file_it_wrote(session: Session) -> None:
    text = rewrite.render(session)
    assert rewrite.update(text, markdown.parse(text)) == text
    assert rewrite.render(markdown.parse(text)) == text


@given(sessions(), sessions())
def test_any_session_can_be_written_over_any_other(old: Session, new: Session) -> None:
    assert markdown.parse(rewrite.update(rewrite.render(old), new)) == new
