"""What is to be done over all sessions."""

from ocm.recall import todo
from tests.support.builders import Project


def test_what_a_later_session_finished_is_not_listed_and_the_numbers_go_on_without_it(project: Project) -> None:
    project.checkpoint("A", goal="g", work_pending=["Write the parser", "Ship it"])
    project.checkpoint("B", goal="h", work_completed=["Wrote the parser"])
    assert [(one.number, one.text) for one in todo.open_items(project.store)] == [(1, "Ship it")]
