# SPDX-License-Identifier: Apache-2.0
"""A snapshot that replaces another, stopped or failed at each call that changes a file: the output
is the old one or the new one, whole, and the next run puts everything right."""
import errno
import re

import pytest
from killpoints import KillPoints
from snapshots import OUTPUT, Site

# After the output was replaced, what is left is to make that last, and to tell of it.
AFTER = r"could not (make the directory|replace \S+public\.db\.meta)"


@pytest.fixture(params=["replace", "first"])
def site(leat, request):
    """A site, the output that it has, and the one that it gets."""
    site = Site(leat)
    site.old = {}
    if request.param == "replace":
        site.run()
        site.old = site.content()
        site.write("INSERT INTO items SELECT 10 + id, 1, 'new', zeroblob(9000) FROM items")
    site.run()
    site.new = site.out.read_bytes()
    return site


@pytest.fixture
def points(site):
    return KillPoints(site.out_dir, site.leat.dir / "count")


def prepare(site):
    for file in site.out_dir.iterdir():
        file.unlink()
    for name, content in site.old.items():
        (site.out_dir / name).write_bytes(content)
    # As a killed process leaves it: removing it counts, too.
    (site.out_dir / ".public.db.0123456789abcdef.tmp").write_bytes(b"half a snapshot")


def is_new(site):
    """Whether the output was replaced; it is whole in any case."""
    now = site.out.read_bytes() if site.out.exists() else None
    assert now in (site.old.get("public.db"), site.new)
    if now == site.new:
        return True
    assert site.content().get("public.db.meta") == site.old.get("public.db.meta")
    return False


def check_next(site):
    """The next run works, leaves nothing behind, and gives new content a higher version."""
    before = site.meta() if (site.out_dir / "public.db.meta").exists() else {"version": 0}
    site.run()
    assert site.out.read_bytes() == site.new
    site.check_whole()
    assert site.meta()["version"] >= before["version"]
    if site.old:
        assert site.meta()["version"] > int(
            re.search(rb'"version":(\d+)', site.old["public.db.meta"])[1])


def test_killed_at_any_call(site, points):
    replaced = []
    for n, result in points.every(
            lambda: prepare(site), lambda env: site.run(env=env, ok=None)):
        # The worker makes the calls; the process that started it tells how it ended.
        assert result.code == 1, f"call {n}: {result}"
        assert "ended without an answer: signal 9" in result.stderr, f"call {n}: {result}"
        replaced.append(is_new(site))
        assert not [name for name in site.listing() if name not in OUTPUT], f"call {n}"
        check_next(site)
    assert replaced == sorted(replaced) and set(replaced) == {False, True}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_failed_at_any_call(site, points, error):
    says = {errno.ENOSPC: r"No space left on device|disk is full",
            errno.EIO: r"Input/output error"}[error]
    replaced = []
    for n, result in points.every(
            lambda: prepare(site), lambda env: site.run(env=env, ok=None), error=error):
        where = f"call {n}: {result}"
        if result.code == 0:  # what was only a hint, or had another try
            assert is_new(site), where
        else:
            assert result.code == 1, where
            assert re.fullmatch(rf"leat: .*({says})\n", result.stderr), where
            replaced.append(is_new(site))
            assert not replaced[-1] or re.search(AFTER, result.stderr), where
            assert not [name for name in site.listing() if name not in OUTPUT], where
        check_next(site)
    assert replaced == sorted(replaced) and len(replaced) > 8
