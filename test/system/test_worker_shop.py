# SPDX-License-Identifier: Apache-2.0
"""leat worker-shop: a process of the demo that changes its shop, and tells of each change."""
import contextlib
import os
import socket
import sqlite3
import struct
import subprocess

import pytest
from conftest import BOUND, make_db

PUBLIC, PRIVATE, STOP = 1, 2, 3

SHOP = """
PRAGMA journal_mode = WAL;
CREATE TABLE products(product_id INTEGER PRIMARY KEY, name TEXT, price_cents INT, stock INT,
                      cost_cents INT, visibility TEXT);
CREATE TABLE customers(customer_id INTEGER PRIMARY KEY, email TEXT, is_active INT);
CREATE TABLE orders(order_id INTEGER PRIMARY KEY, customer_id INT, placed_at TEXT, status TEXT);
CREATE TABLE order_items(order_id INT, product_id INT, quantity INT, unit_price_cents INT);
CREATE TABLE reviews(review_id INTEGER PRIMARY KEY, product_id INT, customer_id INT, rating INT,
                     body TEXT, status TEXT DEFAULT 'pending', written_at TEXT);
CREATE TABLE staff_notes(note_id INTEGER PRIMARY KEY, author TEXT, body TEXT, written_at TEXT);
INSERT INTO products VALUES (1, 'Teapot', 1000, 500, 400, 'public');
INSERT INTO customers VALUES (1, 'a@example.org', 1);
"""


class Worker:
    """The worker, on the other end of a socketpair."""

    def __init__(self, leat, *args):
        self.link, theirs = socket.socketpair()
        self.link.settimeout(BOUND)
        with theirs:
            number = theirs.fileno()
            self.process = subprocess.Popen(
                [leat.binary, "worker-shop", *map(str, args)], stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, close_fds=False,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                preexec_fn=lambda: os.dup2(number, 3))  # inheritable, unless it was 3 already

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.link.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def change(self):
        """Kind and sentence of the next change, or None at the end."""
        head = self.take(5)
        if head is None:
            return None
        length, kind = struct.unpack(">IB", head)
        return kind, self.take(length).decode()

    def send(self, kind):
        self.link.sendall(struct.pack(">IB", 0, kind))

    def wait(self):
        _, said = self.process.communicate(timeout=BOUND)
        return self.process.returncode, said


@pytest.fixture
def start(leat):
    started = []

    def run(*args):
        started.append(Worker(leat, *args))
        return started[-1]

    yield run
    for worker in started:
        worker.link.close()
        worker.process.kill()
        worker.process.communicate()


@pytest.fixture
def shop(tmp_path):
    return make_db(tmp_path / "shop.db", SHOP)


def test_tells_of_each_change_once_it_is_committed(start, shop):
    worker = start(shop, "--interval", "1ms", "--seed", "5")
    kinds = set()
    with contextlib.closing(sqlite3.connect(shop)) as db:
        before = list(db.iterdump())
        kind, text = worker.change()
        assert list(db.iterdump()) != before
        for _ in range(30):
            kind, text = worker.change()
            kinds.add(kind)
            assert text
    assert kinds == {PUBLIC, PRIVATE}


def test_ends_when_it_is_told_to(start, shop):
    worker = start(shop, "--interval", "1h")
    worker.send(STOP)
    assert worker.wait() == (0, "")
    assert worker.change() is None


def test_ends_when_the_other_end_closes(start, shop):
    worker = start(shop, "--interval", "1ms")
    worker.change()
    worker.link.close()
    assert worker.wait() == (0, "")
    # The last connection has closed, and left one sound file.
    with contextlib.closing(sqlite3.connect(shop)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_makes_the_same_changes_from_the_same_seed(start, tmp_path):
    told = []
    for name in "a.db", "b.db":
        worker = start(make_db(tmp_path / name, SHOP), "--interval", "1ms", "--seed", "77")
        told.append([worker.change() for _ in range(20)])
        worker.link.close()
    assert told[0] == told[1]


def test_refuses_messages_it_does_not_know(start, shop):
    worker = start(shop, "--interval", "1h")
    worker.send(9)
    code, said = worker.wait()
    assert code == 1 and "a message of kind 9 is not known" in said


def test_refuses_what_is_no_shop(start, tmp_path):
    worker = start(make_db(tmp_path / "other.db", "CREATE TABLE products(a);"))
    code, said = worker.wait()
    assert code == 1 and "it has not the tables of the demo's shop" in said


def test_refuses_to_run_by_hand(leat, shop):
    done = leat.run("worker-shop", shop, ok=False)
    assert done.code == 1 and "this command is started by leat" in done.stderr


def test_is_no_command_for_people(leat):
    assert "worker-shop" not in leat.run("--help").stdout
