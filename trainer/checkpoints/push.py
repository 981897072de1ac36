"""A checkpoint to the Hugging Face Hub: its own files, its card, and nothing else of its folder."""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.checkpoints.card_data import HEAD, card_data, headed
from trainer.checkpoints.checkpoint import CheckpointInfo, damaged, load_network, read_info
from trainer.checkpoints.hub import FILES, LIMITS
from trainer.checkpoints.patch_critic import load_any_critic
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, is_own_file, read_bytes, reason

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

ANSWER, UPLOAD = 60, 3600  # seconds that the Hub has for a question, and for all files
MAX_CARD = 2**20  # bytes


@dataclass(frozen=True)
class Target:
    """Where to push, each part as huggingface_hub names it.

    Attributes:
        repo: user/repo.
        private: whether a repository that is made for this is private; None: as the account has it.
        revision: the branch, None for main.
        create_pr: whether to open a pull request instead.
    """

    repo: str
    private: bool | None = None
    revision: str | None = None
    create_pr: bool = False

    @property
    def name(self) -> str:
        """The name of the repository without its owner."""
        return self.repo.rpartition("/")[2]

    @property
    def address(self) -> str:
        """Where what is pushed will be found, a pull request's once it is merged."""
        return f"hf://{self.repo}" + (f"@{self.revision}" if self.revision else "")


def target(repo: str, private: bool | None, revision: str | None, create_pr: bool) -> Target:
    """Where to push, of what a person typed: user/repo or hf://user/repo. Raises UserError for anything else."""
    from trainer.util.hub_download import parsed

    uri = parsed(repo if "://" in repo else f"hf://{repo}")
    if uri.type != "model" or uri.path_in_repo or uri.revision:
        raise UserError(f"--repo {repo} is not the name of a model's repository. Write user/repo.", field="repo")
    return Target(uri.id, private, revision, create_pr)


def push(folder: Path, to: Target) -> tuple[str, str]:
    """Push a checkpoint's folder. Returns the page of the commit, or of the pull request, and the hf:// address.

    Raises UserError for a checkpoint that does not load, without a token, and for whatever the Hub or the network
    refuses.
    """
    from huggingface_hub import get_token

    from trainer.util.hub_download import asked

    info = read_info(folder)
    load_network(folder, info)
    load_any_critic(folder, info)
    if get_token() is None:
        raise UserError(
            f"Nobody is logged in to the Hub, and {to.repo} needs an owner: run `hf auth login`, or set HF_TOKEN."
        )
    files = additions(folder, info, to)
    asked(to.repo, lambda: prepare(to), ANSWER)
    return asked(to.repo, lambda: commit(files, to), UPLOAD)


def prepare(to: Target) -> None:
    """Make the repository and the branch, unless they are there. A pull request goes to one that is."""
    from huggingface_hub import HfApi

    api = HfApi()
    if to.create_pr:
        api.repo_info(to.repo)
        return
    api.create_repo(to.repo, private=to.private, exist_ok=True)
    if to.revision:
        api.create_branch(to.repo, branch=to.revision, exist_ok=True)


def commit(files: "list[CommitOperationAdd]", to: Target) -> tuple[str, str]:
    """Upload and commit. Returns as `push`."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    message = f"Publish {to.name}"
    with nullcontext() if sys.stderr.isatty() else disable_progress_bars():
        done = HfApi().create_commit(
            to.repo, files, commit_message=message, revision=to.revision, create_pr=to.create_pr
        )
    return done.pr_url or done.commit_url, f"hf://{to.repo}@{done.pr_revision}" if done.pr_revision else to.address


def additions(folder: Path, info: CheckpointInfo, to: Target) -> "list[CommitOperationAdd]":
    """The files to commit. A card of an earlier version gets the head that the Hub reads."""
    from huggingface_hub import CommitOperationAdd

    files: dict[str, str | bytes] = {name: str(folder / name) for name in FILES if is_own_file(folder / name)}
    size = sum((folder / name).stat().st_size for name in files)
    if size > LIMITS.size:
        raise UserError(f"{folder.name} has {size / 1e6:,.0f} MB; at most {LIMITS.size / 1e6:,.0f} MB can be explored.")
    files["README.md"] = card(folder, info, to).encode()
    return [CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in files.items()]


def card(folder: Path, info: CheckpointInfo, to: Target) -> str:
    """The card with how to explore what is pushed. Raises UserError if it cannot be read."""
    try:
        text = read_bytes(folder / "README.md", MAX_CARD).decode()
    except (Unfit, OSError, ValueError) as error:
        raise damaged(folder / "README.md", reason(error)) from error
    head = HEAD.match(text)
    if head is None or "\npipeline_tag:" not in head[0]:
        text = headed(text, card_data(info))
    use = f"Explore it: `python app.py --checkpoint {to.address}`."
    return text if use in text else text.replace("\n\n| | |\n", f"\n\n{use}\n\n| | |\n", 1)
