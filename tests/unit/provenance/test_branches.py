"""Where branches stand, as git's own files say it: other names of a branch, and names that are none."""

from ocm.git.worktree import WorkTree
from ocm.provenance.branches import Branches
from tests.support.builders import Project, commit, git


def tips(repo: Project, branch: str) -> list[str]:
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    return Branches(tree).tips(branch)


def test_another_name_of_a_branch_stands_where_the_branch_does(repo: Project) -> None:
    git(repo.root, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    sha = commit(repo.root, "later")
    assert tips(repo, "alias") == tips(repo, "main") == [sha]


def test_names_that_lead_to_each_other_stand_nowhere(repo: Project) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (repo.root / ".git" / "refs" / "heads" / name).write_text(f"ref: refs/heads/{other}\n", encoding="utf-8")
    assert tips(repo, "a") == []


def test_no_name_leads_out_of_the_folder_of_refs(repo: Project) -> None:
    (repo.root / ".git" / "x").write_text("a" * 40 + "\n", encoding="utf-8")
    assert tips(repo, "../../x") == []
    (repo.root / ".git" / "refs" / "heads" / "c").write_text("ref: x\n", encoding="utf-8")
    assert tips(repo, "c") == []
