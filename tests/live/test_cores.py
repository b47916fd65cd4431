"""Workers keep to one core each. Other servers claim cores, too, so these tests run alone."""

import errno
import os
import socket
from pathlib import Path
from threading import Thread

import psutil  # type: ignore[import-untyped]
import pytest

from pamps.http.cores import ALL_CORES, on_one_core, use_all_cores
from tests.live.recovery import wait_until
from tests.support.server import Server, running_server

pytestmark = [
    pytest.mark.load,
    pytest.mark.once,
    pytest.mark.skipif(len(ALL_CORES) < 2, reason="needs Linux and two cores"),
]


def cores_of_thread() -> set[int]:
    return os.sched_getaffinity(0)


def in_new_thread() -> set[int]:
    found: list[set[int]] = []
    thread = Thread(target=lambda: found.append(cores_of_thread()))
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_and_those_that_it_starts_keep_to_one_core() -> None:
    with on_one_core():
        assert len(cores_of_thread()) == 1
        assert in_new_thread() == cores_of_thread()

    assert cores_of_thread() == ALL_CORES


def test_claims_are_spread_over_all_cores_and_given_back() -> None:
    def nested(depth: int) -> list[int]:
        if not depth:
            return []
        with on_one_core():
            (own,) = cores_of_thread()
            return [own, *nested(depth - 1)]

    first = nested(2 * len(ALL_CORES))
    again = nested(2 * len(ALL_CORES))

    assert sorted(first) == sorted([*ALL_CORES, *ALL_CORES])
    assert first == again


def test_a_thread_can_be_released() -> None:
    with on_one_core():
        thread_cores: list[set[int]] = []

        def roam() -> None:
            use_all_cores()
            thread_cores.append(cores_of_thread())

        thread = Thread(target=roam)
        thread.start()
        thread.join()

        assert thread_cores == [ALL_CORES]
        assert len(cores_of_thread()) == 1


def test_a_system_that_forbids_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "sched_setaffinity", forbid)
        with on_one_core():
            assert cores_of_thread() == ALL_CORES

    class Refusing(socket.socket):
        bind = forbid

    monkeypatch.setattr(socket, "socket", Refusing)
    with on_one_core():
        assert cores_of_thread() == ALL_CORES


def cores_of_workers(server: Server) -> list[set[int]]:
    """The cores on which the event loop of each worker may run."""
    workers = [child for child in server.process.children() if "spawn_main" in " ".join(child.cmdline())]
    return [set(worker.cpu_affinity()) for worker in workers]


def cores_of_threads(process: psutil.Process) -> set[frozenset[int]]:
    return {frozenset(os.sched_getaffinity(thread.id)) for thread in process.threads()}


def test_each_worker_keeps_to_one_core(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2", PAMPS_SERVER__pin_workers="true") as server:
        # The first worker answers while the second one may still start.
        wait_until(lambda: [len(cores) for cores in cores_of_workers(server)] == [1, 1])
        first, second = cores_of_workers(server)

    assert first != second


def test_only_hashing_leaves_the_core_of_the_worker(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_SERVER__pin_workers="true") as server:
        (own,) = {frozenset(server.process.cpu_affinity())}
        with server.client() as client:
            assert client.get("/post/").status_code == 200
        before = cores_of_threads(server.process)
        server.register("ana")
        after = cores_of_threads(server.process)

    assert len(own) == 1
    assert before == {own}
    assert after == {own, frozenset(ALL_CORES)}


def test_nothing_is_pinned_without_the_setting(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_SERVER__pin_workers="false") as server:
        assert set(server.process.cpu_affinity()) == ALL_CORES
