"""What benchmarks are made with: clients that count, and songs as the site stores them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from classifier.models import Classification, Correction, HistoryEntry
from scripts.bench import load, songs, web


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Cookie"]))
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.asked = []
        running.daemon_threads = True
        running.url = f"http://127.0.0.1:{running.server_address[1]}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_clients_ask_in_turn_and_count_what_they_asked(server):
    found = load.ask(url=server.url, paths=["/a", "/b"], seconds=0.3, clients=3, cookie="name=me")
    assert found["requests"] == len(server.asked) > 0
    assert {path for path, _ in server.asked[:8]} == {"/a", "/b"}
    assert {cookie for _, cookie in server.asked} == {"name=me"}
    assert found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["failed"] == 0


def test_what_is_not_200_has_failed(server):
    found = load.ask(url=server.url, paths=["/missing"], seconds=0.1)
    assert found["failed"] == found["requests"] > 0
    assert found["first_failure"] == "/missing: 404"


def test_paced_clients_ask_no_more_than_the_rate(server):
    found = load.ask(url=server.url, paths=["/"], seconds=0.5, rate=40)
    assert found["requests"] == 20


def test_copies_are_songs_of_their_own(db):
    songs.fill(3 * songs.BATCH)
    assert Classification.objects.count() == HistoryEntry.objects.count() == 3 * songs.BATCH
    assert Correction.objects.count() == 3 * -(-songs.BATCH // songs.CORRECTED)
    for number in (0, 5, 1_007, 2_999):
        row = Classification.objects.get(public_id=songs.public_id(number))
        assert row.is_done == songs.is_answered(number)
        assert row.entries.count() == 1
    first, copy = (Classification.objects.get(public_id=name) for name in ("p5", "p5-1"))
    assert (copy.segments, copy.source_id) == (first.segments, "s5-1")
    assert (first.created_at - copy.created_at).total_seconds() == pytest.approx(
        3600 * songs.STEP_H, abs=1
    )


def test_a_song_can_be_added_after_the_copies(db, make_classification):
    songs.fill(2 * songs.BATCH)
    assert make_classification().pk > 2 * songs.BATCH - 1


def test_its_table_has_a_line_for_each_page():
    numbers = {"per_s": 1.0, "p50_ms": 2.0, "p95_ms": 3.0, "p99_ms": 4.0, "cpu_ms": 5.0}
    phases = {"idle": {"home x 1": numbers}, "busy": {"home x 1": numbers}}
    result = {
        "load_average_before": 0.1,
        "load_average_after": 0.2,
        "sqlite": {
            "answers": {1000: phases},
            "p95_of_many_per_few": {"home x 1": 1.1},
            "cpu_of_many_per_few": {"home x 1": 1.2},
        },
    }
    lines = web.as_text(result)
    row = ["home", "1", *["1.0", "2.0", "3.0", "4.0", "5.0"] * 2]
    assert row in [line.split() for line in lines]
    assert lines[-1].split() == ["home", "x", "1", "1.1", "1.2"]
