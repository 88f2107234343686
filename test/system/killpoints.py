# SPDX-License-Identifier: Apache-2.0
"""Stop or fail a program at each of the calls by which it changes files.

    points = KillPoints(directory, counter)
    for n in points.every(prepare, lambda env: leat.run("snapshot", ..., env=env, ok=None)):
        ...  # it was killed just before call n: look at what it left

killpoints.c says what counts. The preloaded library comes from LEAT_KILLPOINTS.
"""
import errno
import os
import pathlib
import random
import struct


class KillPoints:
    def __init__(self, directory, counter):
        """Calls on files below `directory` count; `counter` is a file outside it, made anew."""
        self.directory = pathlib.Path(directory)
        self.counter = pathlib.Path(counter)

    def env(self, kill_at=None, fail_at=None, error=errno.ENOSPC):
        """Environment for one run that only counts, or is killed or failed at one call."""
        self.counter.unlink(missing_ok=True)
        env = {
            "LD_PRELOAD": os.environ["LEAT_KILLPOINTS"],
            "LEAT_KILL_DIR": str(self.directory),
            "LEAT_KILL_COUNT": str(self.counter),
            # We come before the sanitizer's library, and what a killed process leaks is no news.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
        }
        if kill_at:
            env["LEAT_KILL_AT"] = str(kill_at)
        if fail_at:
            env |= {"LEAT_FAIL_AT": str(fail_at), "LEAT_FAIL_ERRNO": errno.errorcode[error]}
        return env

    def reached(self):
        """The number of the last call that counted in the run that env() was for."""
        return struct.unpack("=Q", self.counter.read_bytes())[0]

    def every(self, prepare, run, error=None, most=200):
        """Run to the end once, to count; then once for each call, killed there, or failed with
        `error`. prepare() puts the files back before each run, run(env) runs the program.
        Yields the number of the call and what run() returned. Of more than `most` calls a
        sample is taken; LEAT_TEST_SEED repeats it."""
        prepare()
        run(self.env())
        total = self.reached()
        assert total > 0, "no call counted: nothing is tested"
        chosen = range(1, total + 1)
        if total > most:
            seed = int(os.environ.get("LEAT_TEST_SEED") or random.getrandbits(32))
            print(f"LEAT_TEST_SEED={seed}")
            chosen = sorted(random.Random(seed).sample(chosen, most))
        for n in chosen:
            prepare()
            result = run(self.env(fail_at=n, error=error) if error else self.env(kill_at=n))
            assert self.reached() >= n, f"call {n} was not reached"
            yield n, result
