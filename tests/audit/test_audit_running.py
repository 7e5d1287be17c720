from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from bodies import HEALTHY, NO_STREAM, QUOTED_END, deadly, folder_of

from streamkit.audit import audit, find_bodies, running
from streamkit.errors import UsageError


def names(scans):
    return [scan.path.rpartition("/")[2] for scan in scans]


def test_processes_of_its_own(tmp_path):
    folder_of(tmp_path, **{f"s{number:02}": HEALTHY for number in range(40)}, odd=QUOTED_END, bad=NO_STREAM)
    told = []
    report = audit(find_bodies([tmp_path]), on_scan=told.append)
    assert (report.streams, report.clean) == (41, 40)
    assert names(report.faults) == ["bad.sse"]
    assert len(told) == 42
    assert report.groups[0].quirks[0].id == "done_variant"


def test_a_file_that_kills_its_process_is_listed_and_nothing_else_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(running, "UNDER_WAY", 2)
    folder_of(tmp_path, **{f"s{number:02}": HEALTHY for number in range(6)}, a_deadly=HEALTHY)
    report = audit(find_bodies([tmp_path]), scanner=deadly)
    assert names(report.faults) == ["a_deadly.sse"]
    assert report.faults[0].fault == running.KILLED
    assert names(report.scans) == [f"s{number:02}.sse" for number in range(6)]


def test_nothing_under_way_is_forgotten_when_a_pool_breaks(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)

    class Breaking(ThreadPoolExecutor):
        """Starts, then breaks at its first batch and leaves the others without an answer."""

        pools = 0

        def __init__(self, workers):
            super().__init__(workers)
            Breaking.pools += 1
            self.first = Breaking.pools == 1
            self.given = 0

        def submit(self, function, *batch):
            if not self.first or not batch:
                return super().submit(function, *batch)
            self.given += 1
            future = Future()
            if self.given == 1:
                future.set_exception(running.BrokenExecutor())
            return future

    monkeypatch.setattr(running, "_pool", Breaking)
    folder_of(tmp_path, a=HEALTHY, b=QUOTED_END, c=HEALTHY)
    report = audit(find_bodies([tmp_path]))
    assert names(report.scans) == ["a.sse", "b.sse", "c.sse"]
    assert report.faults == ()


def test_a_pool_that_cannot_start_is_no_fault_of_the_files(tmp_path, monkeypatch):
    class Broken(ThreadPoolExecutor):
        def submit(self, *_):
            future = Future()
            future.set_exception(running.BrokenExecutor())
            return future

    monkeypatch.setattr(running, "_pool", Broken)
    with pytest.raises(UsageError, match="__main__"):
        audit(find_bodies([folder_of(tmp_path, a=HEALTHY)]))


def test_any_executor_will_do_and_what_it_raises_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    monkeypatch.setattr(running, "UNDER_WAY", 2)
    folder_of(tmp_path, a=HEALTHY, b=QUOTED_END, c=HEALTHY, d=HEALTHY)

    def picky(paths):
        if paths[0].endswith("c.sse"):
            raise MemoryError("too much")
        return running.scan_all(paths)

    with ThreadPoolExecutor(2) as pool:
        report = audit(find_bodies([tmp_path]), executor=pool, scanner=picky)
    assert names(report.scans) == ["a.sse", "b.sse", "d.sse"]
    assert [scan.fault for scan in report.faults] == ["MemoryError: too much"]


def test_work_under_way_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    monkeypatch.setattr(running, "UNDER_WAY", 3)

    class Counting(ThreadPoolExecutor):
        given = back = most = 0

        def submit(self, function, batch):
            self.given += 1
            self.most = max(self.most, self.given - self.back)
            future = super().submit(function, batch)
            future.add_done_callback(self.done)
            return future

        def done(self, _):
            self.back += 1

    folder_of(tmp_path, **{f"s{number}": HEALTHY for number in range(20)})
    with Counting(1) as pool:
        assert audit(find_bodies([tmp_path]), executor=pool).streams == 20
    assert pool.most <= 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # distributed's own, and tornado's
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets that the cluster's loop closes after the fact
def test_a_dask_cluster(tmp_path):
    distributed = pytest.importorskip("distributed")
    folder_of(tmp_path, **{f"s{number:02}": HEALTHY for number in range(33)}, odd=QUOTED_END, bad=NO_STREAM)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        report = audit(find_bodies([tmp_path]), executor=client.get_executor())
    assert (report.streams, report.clean) == (34, 33)
    assert names(report.faults) == ["bad.sse"]
