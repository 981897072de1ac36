"""A Hub on this machine: what huggingface_hub's client asks of the real one, answered from memory.

Large files go the way of git LFS: a redirect to another address when they are fetched, a batch of upload addresses when
they are pushed. The client's newer way, Xet, is switched off beside it (`pytest` does so in tests/conftest.py).
"""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_of_the_tests"
LARGE = (".safetensors", ".webp", ".parquet", ".zip")


@dataclass
class Repo:
    """A repository: its branches, and the files of every commit."""

    private: bool = False
    gated: bool = False
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes], ref: str = "main") -> str:
        """Make a commit of exactly these files the newest of a branch. Returns its hash."""
        text = repr((sorted((name, digest(data)) for name, data in files.items()), len(self.commits)))
        sha = hashlib.sha1(text.encode()).hexdigest()
        self.commits[sha] = files
        self.refs[ref] = sha
        return sha

    def files(self, revision: str) -> tuple[str, dict[str, bytes]]:
        """Hash and files of a branch or commit. KeyError if there is none."""
        sha = self.refs.get(revision, revision)
        return sha, self.commits[sha]


class FakeHub:
    """The server, and what it holds.

    Attributes:
        repos: by "models/user/repo", "datasets/user/repo", "spaces/user/repo".
        asked: (method, path) of every request.
        status: an error that every request gets, 0 for none; refuses: of kinds of requests (commit, preupload).
        lies: bytes that every large file has beyond what was announced, or below it.
        silent: whether requests are taken and never answered.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.asked: list[tuple[str, str]] = []
        self.uploads: dict[str, bytes] = {}
        self.status = 0
        self.refuses: dict[str, int] = {}
        self.lies = 0
        self.silent = False
        self.closed = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.storage = f"http://localhost:{self.server.server_port}"  # another host, as on the real Hub
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, name: str, files: dict[str, bytes], revision: str = "main", **about: bool) -> str:
        """Hold a repository, "models/user/repo", with these files. Returns the commit's hash."""
        return self.repos.setdefault(name, Repo(**about)).commit(files, revision)

    def close(self) -> None:
        """Stop answering."""
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


class Refused(Exception):
    """An answer that is an error: status and the Hub's own code."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_large(name: str) -> bool:
    return name.endswith(LARGE)


class Handler(BaseHTTPRequestHandler):
    """Answers requests for one hub."""

    hub: "FakeHub"

    def log_message(self, *args: Any) -> None:
        """Nothing is printed."""

    def answer(self) -> None:
        """Find who answers, and turn its refusal into a status."""
        self.hub.asked.append((self.command, self.path))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        if self.hub.silent:
            self.hub.closed.wait(60)
            self.close_connection = True
            return
        try:
            if self.hub.status:
                raise Refused(self.hub.status)
            self.route()
        except Refused as refusal:
            status, *code = refusal.args
            self.send(status, b'{"error": "no"}', **{"X-Error-Code": code[0]} if code else {})

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def route(self) -> None:
        """Answer one request."""
        path = unquote(urlsplit(self.path).path).strip("/")
        self.query = parse_qs(urlsplit(self.path).query)
        first, _, rest = path.partition("/")
        if first == "cdn":
            data = self.hub.uploads[rest]
            return self.send_file(data[: self.hub.lies or None] if self.hub.lies < 0 else data + b"x" * self.hub.lies)
        if first == "upload":
            self.hub.uploads[rest] = self.body
            return self.send(200, b"")
        if path == "api/repos/create":
            return self.create()
        if path in ("api/validate-yaml", "api/whoami-v2"):
            return self.send_json({"errors": [], "warnings": [], "name": "user"})
        if path.endswith(".git/info/lfs/objects/batch"):
            return self.batch()
        if first == "api" and rest.count("/") < 2:
            raise Refused(404)
        if first == "api":
            return self.api(rest)
        return self.resolve(path)

    def repo(self, name: str, write: bool = False) -> Repo:
        """A repository that the asker may see, or write to."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if write and token != TOKEN:
            raise Refused(403 if token else 401)
        found = self.hub.repos.get(name)
        if found is None or (found.private and token != TOKEN):
            raise Refused(404 if token else 401, "RepoNotFound")
        if found.gated and token != TOKEN:
            raise Refused(403, "GatedRepo")
        return found

    def commit(self, repo: Repo, revision: str) -> tuple[str, dict[str, bytes]]:
        try:
            return repo.files(revision)
        except KeyError:
            raise Refused(404, "RevisionNotFound") from None

    def api(self, path: str) -> None:
        """Whatever begins with /api/: info, tree, preupload, commit."""
        kind, user, name, *rest = path.split("/")
        what, revision = rest[0] if rest else "revision", "/".join(rest[1:]) or "main"
        full = f"{kind}/{user}/{name}"
        repo = self.repo(full, write=what in ("preupload", "commit", "branch"))
        if what in self.hub.refuses:
            raise Refused(self.hub.refuses[what])
        if what == "branch":
            if revision in repo.refs:
                raise Refused(409)
            repo.refs[revision] = repo.refs["main"]
            return self.send_json({})
        if what == "preupload":
            files = json.loads(self.body)["files"]
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if is_large(file["path"]) else "regular",
                    "shouldIgnore": False,
                }
                for file in files
            ]
            return self.send_json({"files": modes})
        if what == "commit":
            return self.receive(full, repo, revision)
        sha, files = self.commit(repo, revision)
        if what == "tree":
            return self.send_json([described(name, data) for name, data in files.items()])
        siblings = [{"rfilename": name, "size": len(data), "blobId": digest(data)} for name, data in files.items()]
        return self.send_json({"id": f"{user}/{name}", "sha": sha, "private": repo.private, "siblings": siblings})

    def create(self) -> None:
        """A new repository; 409 if there is one."""
        asked = json.loads(self.body)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token != TOKEN:
            raise Refused(403 if token else 401)
        name = f"{asked.get('type', 'model')}s/{asked['organization']}/{asked['name']}"
        address = {"url": f"{self.hub.url}/{name.removeprefix('models/')}"}
        if name in self.hub.repos:
            return self.send(409, json.dumps(address).encode())
        self.hub.put(name, {}, private=asked.get("visibility") == "private")
        return self.send_json(address)

    def batch(self) -> None:
        """Where to put large files."""
        objects = [
            {
                "oid": item["oid"],
                "size": item["size"],
                "actions": {"upload": {"href": f"{self.hub.url}/upload/{item['oid']}"}},
            }
            for item in json.loads(self.body)["objects"]
        ]
        self.send_json({"transfer": "basic", "objects": objects})

    def receive(self, name: str, repo: Repo, revision: str) -> None:
        """A commit: a line for its header and one for each file."""
        base = repo.refs.get(revision)
        if base is None:
            raise Refused(404, "RevisionNotFound")
        files = dict(repo.commits[base])
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploads[value["oid"]]
        is_request = "create_pr" in self.query
        sha = repo.commit(files, "refs/pr/1" if is_request else revision)
        answer = {"success": True, "commitOid": sha, "commitUrl": f"{self.hub.url}/{name}/commit/{sha}"}
        request = {"pullRequestUrl": f"{self.hub.url}/{name.removeprefix('models/')}/discussions/1"}
        self.send_json(answer | (request if is_request else {}))

    def resolve(self, path: str) -> None:
        """A file: its bytes, or for a large one where they are."""
        before, found, after = path.partition("/resolve/")
        if not found:
            raise Refused(404)
        revision, _, file = after.partition("/")
        name = before if before.startswith(("datasets/", "spaces/")) else f"models/{before}"
        sha, files = self.commit(self.repo(name), revision)
        if file not in files:
            raise Refused(404, "EntryNotFound")
        data = files[file]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{digest(data)}"'}
        if not is_large(file):
            return self.send_file(data, **headers)
        self.hub.uploads[digest(data)] = data
        linked = {"X-Linked-Etag": f'"{digest(data)}"', "X-Linked-Size": str(len(data))}
        return self.send(302, b"", Location=f"{self.hub.storage}/cdn/{digest(data)}", **headers, **linked)

    def send_file(self, data: bytes, **headers: str) -> None:
        """Bytes, or those from where an earlier download ended."""
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send(206 if start else 200, data[start:], **headers)

    def send_json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), **{"Content-Type": "application/json"})

    def send(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def described(name: str, data: bytes) -> dict[str, Any]:
    """A file as a listing of a tree has it."""
    found = {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
    return found | ({"lfs": {"oid": digest(data), "size": len(data), "pointerSize": 130}} if is_large(name) else {})
