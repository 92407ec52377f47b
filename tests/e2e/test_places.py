"""The same files from a cluster and in an object store: the bytes do not know where they were made."""

import hashlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from circular_gen import build as building
from circular_gen.errors import CircularGenError
from circular_gen.executors import cluster
from circular_gen.outputs import Folder, Remote, outputs

from .conftest import EACH, MEETING, WINTER, Commands, make_workspace
from .test_build import digests

ROOT = Path(__file__).parents[2]
_numbers = itertools.count()


@pytest.fixture
def workers() -> Iterator[Any]:
    """A Dask cluster of two workers on this computer."""
    distributed = pytest.importorskip("distributed", reason="needs the extra “cluster”")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0, host="127.0.0.1"
    ) as local:
        yield local


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty bucket of an S3 server on this computer."""
    server = pytest.importorskip("moto.server", reason="needs moto[server] and the extra “s3”")
    s3fs = pytest.importorskip("s3fs", reason="needs the extra “s3”")
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "geheim"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    running = server.ThreadedMotoServer("127.0.0.1", 0)
    running.start()
    host, port = running.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"papers-{next(_numbers)}"  # the server keeps what an earlier one in this process had
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}/2026"
    s3fs.S3FileSystem.clear_instance_cache()
    running.stop()


def remote_digests(url: str) -> dict[str, str]:
    import fsspec

    files, start = fsspec.url_to_fs(url)
    files.invalidate_cache()
    return {
        path.removeprefix(start + "/"): hashlib.sha256(files.cat_file(path)).hexdigest() for path in files.find(start)
    }


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX thing")
def test_a_cluster_makes_the_same_although_a_worker_dies(
    workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "CHUNK", 4)
    root = make_workspace(tmp_path / "office")
    first = [nanny.pid for nanny in workers.workers.values()]

    def progress(done: int, _total: int) -> None:
        if done == 1:
            os.kill(first[0], signal.SIGKILL)

    hands = cluster(workers.scheduler_address)
    assert hands.count == 2
    there = tmp_path / "there"
    report = building.build(root, [MEETING], hands=hands, out=there, pack=True, progress=progress)
    assert not report.failed
    assert [nanny.pid for nanny in workers.workers.values()] != first
    Commands(root)("build", MEETING, "--jobs", "1", "--pack")
    assert digests(there) == digests(root / "out")


def test_the_commands_of_the_deployment_run(workspace: Path, run: Commands, sample: Path) -> None:
    """The scheduler and the worker as docs/deployment.md starts them, at another address."""
    pytest.importorskip("distributed", reason="needs the extra “cluster”")
    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    commands = re.findall(r"^dask .*$", text, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["scheduler", "worker"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", *command.replace("10.0.0.1", "127.0.0.1").replace("8786", port).split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        address = f"tcp://127.0.0.1:{port}"
        hands = None
        for _second in range(60):
            try:
                hands = cluster(address)
                break
            except CircularGenError:  # not yet
                time.sleep(1)
        assert hands is not None
        run("build", MEETING, "--cluster", address)
    finally:
        for process in running:
            process.terminate()
            process.wait()
    assert digests(workspace / "out" / MEETING) == digests(sample / "out" / MEETING)


def test_the_compose_file_starts_what_the_deployment_says() -> None:
    composed = yaml.safe_load((ROOT / "docs" / "deployment" / "compose.yaml").read_text("utf-8"))
    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    services = composed["services"]
    for name in ("scheduler", "worker"):
        command = services[name]["command"].replace("tcp://scheduler:", "tcp://10.0.0.1:")
        assert command.replace("scheduler --port", "scheduler --host 10.0.0.1 --port") in text
    assert not [name for name, service in services.items() if "ports" in service]
    for name in ("scheduler", "worker", "office"):
        environment = services[name]["environment"]
        assert {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"} <= set(environment)
        assert all(variable in text for variable in environment if variable.startswith(("AWS", "PG")))
        assert services[name]["volumes"][0].endswith(":/office")


def for_three(workspace: Path) -> None:
    """Only three units get the papers of the meeting: a server in Python is slow."""
    path = workspace / "circulars" / f"{MEETING}.yaml"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("cc:")]
    lines = ["addressees: 城西街道，城东街道，柳林镇" if line.startswith("addressees:") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_an_object_store_holds_what_a_folder_holds(bucket: str, workspace: Path, run: Commands, tmp_path: Path) -> None:
    for_three(workspace)
    run("build", MEETING)
    run("build", MEETING, "--out", bucket, "--jobs", "1")
    assert remote_digests(bucket) == digests(workspace / "out")
    assert "没有变化（" in run("build", MEETING, "--out", bucket).output
    run("build", MEETING, "--pack")
    run("build", MEETING, "--pack", "--out", bucket, "--jobs", "1")
    assert remote_digests(bucket) == digests(workspace / "out")
    run("unpack", MEETING, "--to", str(tmp_path / "here"))
    run("unpack", MEETING, "--to", str(tmp_path / "there"), "--out", bucket)
    assert digests(tmp_path / "here") == digests(tmp_path / "there") != {}
    (workspace / "circulars" / f"{MEETING}.yaml").unlink()
    run("build", "--pack", "--format", "docx", "--out", bucket, "--jobs", "1")
    assert {path.split("/")[0] for path in remote_digests(bucket)} == {WINTER, EACH}


def test_a_store_that_does_not_answer_is_a_line_without_secrets(
    bucket: str, workspace: Path, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("build", MEETING, "--format", "docx", "--out", "s3://nobodys-bucket/2026", "--jobs", "1", code=1)
    assert "nobodys-bucket" in result.output + str(result.exception)
    assert "geheim" not in result.output + str(result.exception)
    assert "nosuch" in str(run("build", MEETING, "--out", "nosuch://place", code=2).exception)


def test_another_folder_may_take_the_files(workspace: Path, run: Commands, sample: Path, tmp_path: Path) -> None:
    run("build", MEETING, "--out", str(tmp_path / "elsewhere"))
    assert digests(tmp_path / "elsewhere" / MEETING) == digests(sample / "out" / MEETING)
    assert not (workspace / "out").exists()


def test_two_offices_in_one_place_leave_each_other_alone(workspace: Path, run: Commands, tmp_path: Path) -> None:
    other = make_workspace(tmp_path / "other")
    (other / "records" / "secret.key").write_text("2b" * 32 + "\n", encoding="ascii")
    (other / "circulars" / f"{MEETING}.yaml").rename(other / "circulars" / "theirs.yaml")
    place = str(tmp_path / "place")
    Commands(other)("build", "theirs", "--format", "docx", "--out", place)
    for name in (WINTER, EACH):
        path = workspace / "circulars" / name
        shutil.rmtree(path) if path.is_dir() else path.with_suffix(".yaml").unlink()
    run("build", "--format", "docx", "--out", place)
    (workspace / "circulars" / f"{MEETING}.yaml").rename(workspace / "circulars" / "ours.yaml")
    run("build", "--format", "docx", "--out", place)
    assert {path.name for path in Path(place).iterdir() if path.is_dir()} == {"theirs", "ours"}


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_a_place_for_files(kind: str, tmp_path: Path) -> None:
    if kind == "memory":
        pytest.importorskip("fsspec")
    place = outputs(tmp_path / "place" if kind == "folder" else f"memory://{tmp_path.name}")
    assert isinstance(place, Folder if kind == "folder" else Remote)
    assert (place.read("a/b.txt"), place.size("a/b.txt"), place.remove("a/b.txt"), place.folders()) == (
        None,
        None,
        False,
        [],
    )
    assert place.write("a/b.txt", b"one")
    assert place.below("a").read("b.txt") == b"one"
    assert (place.size("a/b.txt"), place.folders()) == (3, ["a"])
    assert place.has({"a/b.txt": 3})
    assert not place.has({"a/b.txt": 4})
    assert not place.has({"a/b.txt": 3, "c": 1})
    aside = place.aside("a/c.txt")
    aside.write_bytes(b"three")
    assert place.adopt("a/c.txt", aside)
    assert not aside.exists()
    with place.local("a/c.txt") as path:
        assert path.read_bytes() == b"three"
    assert not place.remove("../place.txt")
    assert place.remove("a/b.txt")
    assert place.remove("a/c.txt")
    assert place.read("a/b.txt") is None


def test_the_address_of_a_place_is_shown_without_its_password() -> None:
    assert Remote("sftp://office:geheim@host/papers").shown == "sftp://…@host/papers"
    with pytest.raises(CircularGenError) as caught:
        outputs("sftp://office:geheim@nosuchhost.invalid/papers").read("x")
    assert "geheim" not in str(caught.value)
