# SPDX-License-Identifier: Apache-2.0
"""A full disk leaves the old output as it was, and is got over. Meson gives these tests mounts of
their own where it can, so that one need not be root to run them."""
import contextlib
import subprocess

import pytest
from snapshots import Site
from test_faults import ADD, PAGE, refused, works_again

BIG = "INSERT INTO items SELECT 1000 + id, 1, 'big', zeroblob(40000) FROM items"


@pytest.fixture
def site(leat, tmp_path):
    """A site with its output on a file system of 64 KiB."""
    site = Site(leat)
    site.out_dir = tmp_path / "disk"
    site.out_dir.mkdir()
    site.out = site.out_dir / "public.db"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "leat-test", site.out_dir], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted")
    yield site
    subprocess.run(["umount", "--lazy", site.out_dir], check=True)


def test_a_full_disk_leaves_the_old_output(site):
    site.write(ADD)
    site.run()
    site.write(BIG)
    refused(site, [f'could not write the new "{site.out}"', "disk is full"])
    ballast = site.out_dir / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(PAGE)):
                pass
    site.write("DELETE FROM items WHERE name = 'big'", "DELETE FROM items WHERE id = 10")
    refused(site, str(site.out))  # not one page is left
    ballast.unlink()
    site.write(ADD)
    works_again(site)


def test_a_full_disk_under_a_watch_is_tried_again(site):
    watch = site.start("--watch", "--interval", "20ms", "--debounce", "0s")
    watch.wait_line("version", stream="stdout")
    before = site.content()
    site.write(BIG)
    assert "disk is full" in watch.wait_line("failed, trying again").string
    assert site.content() == before
    site.write("DELETE FROM items WHERE name = 'big'",
               "INSERT INTO items VALUES (11, 1, 'small', '')")
    watch.wait_line(": version", stream="stdout")
    assert site.names()[-1] == "small"
    assert watch.stop().code == 0
    site.check_whole()
