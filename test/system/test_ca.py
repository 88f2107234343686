# SPDX-License-Identifier: Apache-2.0
"""leat ca: identities that foreign peers accept, each in its own role and no other."""
import json
import os
import pathlib
import socket
import ssl
import stat
import subprocess
import threading

import pytest
from conftest import BOUND
from killpoints import KillPoints

DAY_S = 86400


def call(*args, stdin=subprocess.DEVNULL, env=None):
    """Run a foreign tool; its exit status and all that it says."""
    done = subprocess.run(
        [str(a) for a in args], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=BOUND, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def files(directory):
    return {p.name: p.read_bytes() for p in pathlib.Path(directory).iterdir()}


@pytest.fixture
def pki(leat, tmp_path):
    """A CA with a publisher "bo" and a subscriber "fo"."""
    directory = tmp_path / "pki"
    leat.run("ca", "init", directory)
    leat.run("ca", "issue", directory, "bo", "--role", "publisher")
    leat.run(
        "ca", "issue", directory, "fo", "--role", "subscriber",
        "--san", "127.0.0.1", "--san", "::1", "--san", "fo.example.org")
    return directory


def test_tells_what_it_wrote(leat, tmp_path):
    directory = tmp_path / "pki"
    ca = leat.run("ca", "init", directory, "--name", "a CA", "--days", "30", "--json").json
    assert ca["certificate"] == f"{directory}/ca.pem"
    assert ca["key"] == f"{directory}/ca.key"
    assert ca["name"] == "a CA"
    fo = leat.run(
        "ca", "issue", directory, "fo", "--role", "subscriber", "--days", "2",
        "--san", "0:0::1", "--san", "fo", "--san", "x.org", "--san", "X.org", "--json").json
    assert fo == {
        "certificate": f"{directory}/fo.pem",
        "key": f"{directory}/fo.key",
        "name": "fo",
        "role": "subscriber",
        "sans": ["fo", "::1", "x.org"],
        "not_after": fo["not_after"],
    }
    assert ca["not_after"] - fo["not_after"] in range(28 * DAY_S - 60, 28 * DAY_S + 1)
    text = leat.run("ca", "issue", directory, "bo", "--role", "publisher", "--days", "2").stdout
    assert 'identity "bo" of a publisher' in text
    assert f"{directory}/bo.pem" in text and f"{directory}/bo.key" in text


def test_keys_are_their_owners_alone_and_never_shown(leat, tmp_path):
    directory = tmp_path / "pki"
    before = os.umask(0)
    try:
        shown = [leat.run("ca", "init", directory, "--json")]
        shown.append(leat.run("ca", "issue", directory, "bo", "--role", "publisher"))
    finally:
        os.umask(before)
    assert mode(directory) == 0o700
    for name in "ca", "bo":
        assert mode(directory / f"{name}.key") == 0o600
        assert mode(directory / f"{name}.pem") == 0o644
        secret = (directory / f"{name}.key").read_text().splitlines()[1]
        assert not any(secret in done.stdout + done.stderr for done in shown)
    assert sorted(files(directory)) == ["bo.key", "bo.pem", "ca.key", "ca.pem"]


@pytest.mark.parametrize(
    "name, good, bad", [("bo", "sslclient", "sslserver"), ("fo", "sslserver", "sslclient")])
def test_openssl_accepts_an_identity_in_its_role_only(pki, name, good, bad):
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", pki / "ca.pem"]
    status, said = call(*verify, "-purpose", good, pki / f"{name}.pem")
    assert status == 0, said
    status, said = call(*verify, "-purpose", bad, pki / f"{name}.pem")
    assert status != 0 and "purpose" in said


def test_certtool_accepts_the_chain(pki):
    for name in "ca", "bo", "fo":
        status, said = call(
            "certtool", "--verify", "--load-ca-certificate", pki / "ca.pem",
            "--infile", pki / f"{name}.pem")
        assert status == 0 and "Verified" in said, said


def test_fields_are_those_that_were_asked_for(pki):
    _, ca = call("openssl", "x509", "-in", pki / "ca.pem", "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in ca
    assert "Certificate Sign, CRL Sign" in ca
    assert "CN = leat development CA" in ca
    _, fo = call("openssl", "x509", "-in", pki / "fo.pem", "-noout", "-text")
    assert "CA:FALSE" in fo
    assert "DNS:fo, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:fo.example.org" in fo
    assert "TLS Web Server Authentication\n" in fo
    assert "NIST CURVE: P-256" in fo
    assert "ecdsa-with-SHA256" in fo
    _, bo = call("openssl", "x509", "-in", pki / "bo.pem", "-noout", "-text")
    assert "TLS Web Client Authentication\n" in bo


def serve_once(pki, name, verdict):
    """An OpenSSL server that takes one client, checks it, and says hello; its port and thread."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(pki / "ca.pem")
    context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(BOUND)

    def serve():
        with listener:
            try:
                connection, _ = listener.accept()
                connection.settimeout(BOUND)
                with connection, context.wrap_socket(connection, server_side=True) as tls:
                    tls.sendall(b"hello\n")
                    subject = tls.getpeercert()["subject"]
                    tls.unwrap()
                    verdict.append(subject)
            except OSError as e:  # ssl.SSLError is one
                verdict.append(str(e))

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


@pytest.mark.parametrize(
    "server, client, accepted",
    [("fo", "bo", True), ("fo", "fo", False), ("bo", "bo", False), ("bo", "fo", False)])
def test_mutual_tls_works_in_the_right_roles_only(pki, server, client, accepted):
    """OpenSSL listens and GnuTLS dials: each judges the other's certificate."""
    verdict = []
    port, thread = serve_once(pki, server, verdict)
    typed, keyboard = os.pipe()  # nobody types, and the client leaves when the server does
    status, said = call(
        "gnutls-cli", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "--x509cafile", pki / "ca.pem",
        "--x509certfile", pki / f"{client}.pem", "--x509keyfile", pki / f"{client}.key",
        "-p", port, "127.0.0.1", stdin=typed)
    thread.join()
    os.close(typed)
    os.close(keyboard)
    if accepted:
        assert status == 0, said
        assert "hello" in said
        assert verdict == [((("commonName", "bo"),),)]
        return
    assert "hello" not in said
    if server == "fo":
        assert "certificate purpose" in verdict[0], verdict
    else:
        assert status != 0
        assert "not allow" in said or "purpose" in said or "unacceptable" in said, said


def test_refuses_to_overwrite(leat, pki):
    before = files(pki)
    done = leat.run("ca", "init", pki, ok=False)
    assert done.code == 2 and "there is a CA in" in done.stderr
    done = leat.run("ca", "issue", pki, "bo", "--role", "publisher", ok=False)
    assert done.code == 2 and "--replace makes it anew" in done.stderr
    assert files(pki) == before
    leat.run("ca", "issue", pki, "bo", "--role", "publisher", "--replace")
    after = files(pki)
    assert {name for name in before if before[name] != after[name]} == {"bo.key", "bo.pem"}


@pytest.mark.parametrize(
    "args, code, says",
    [
        (["fo", "--role", "reader"], 2, 'role "reader" is neither'),
        (["fo"], 2, "role"),
        (["ca", "--role", "publisher"], 2, "taken by the CA itself"),
        (["../fo", "--role", "publisher"], 2, '"../fo"'),
        (["fo", "--role", "publisher", "--san", "*.x.org"], 2, "is a wildcard"),
        (["fo", "--role", "publisher", "--days", "0"], 2, "0"),
        (["fo", "--role", "publisher", "--days", "3651"], 2, "3650"),
        (["fo", "--role", "publisher", "--days", "6"], 2, "6 days are more than the CA has left"),
        (["--role", "publisher"], 2, ""),
        (["fo", "too", "--role", "publisher"], 2, ""),
    ],
)
def test_refuses_what_it_cannot_issue(leat, tmp_path, args, code, says):
    leat.run("ca", "init", tmp_path / "pki", "--days", "5")
    done = leat.run("ca", "issue", tmp_path / "pki", *args, ok=False)
    assert done.code == code
    assert says in done.stderr
    assert done.stdout == ""
    assert sorted(files(tmp_path / "pki")) == ["ca.key", "ca.pem"]


def test_needs_a_ca(leat, tmp_path):
    done = leat.run("ca", "issue", tmp_path, "fo", "--role", "publisher", ok=False)
    assert done.code == 1
    assert "there is no CA in" in done.stderr and "leat ca init" in done.stderr


def test_no_key_is_seen_before_its_mode_is_right(leat, pki, tmp_path):
    """The kernel's view: the key is created 0600, renamed before the certificate, both synced."""
    trace = tmp_path / "trace"
    status, said = call(
        "strace", "-o", trace, "-e", "trace=openat,fsync,renameat,renameat2,unlinkat",
        leat.binary, "ca", "issue", pki, "new", "--role", "publisher", "--json",
        env={"ASAN_OPTIONS": "detect_leaks=0"})  # which strace does not let it do
    assert status == 0, said
    assert json.loads(said)["name"] == "new"
    lines = trace.read_text().splitlines()

    def at(*words):
        return next(i for i, line in enumerate(lines) if all(word in line for word in words))

    key = at("openat", ".new.key.new", "O_EXCL", "0600")
    cert = at("openat", ".new.pem.new", "O_EXCL")
    moved_key = at("renameat", '"new.key"')
    moved_cert = at("renameat", '"new.pem"')
    assert key < cert < moved_key < moved_cert
    syncs = [i for i, line in enumerate(lines) if line.startswith("fsync") and line.endswith("= 0")]
    assert [i for i in syncs if key < i < cert] and [i for i in syncs if cert < i < moved_key]
    assert [i for i in syncs if i > moved_cert]


@pytest.mark.parametrize("replace", [False, True])
def test_leaves_whole_pairs_wherever_it_is_killed(leat, pki, tmp_path, replace):
    """The certificate comes last: with it there is a key that fits, and without it a second
    run completes what the first has left."""
    start = files(pki)
    if not replace:
        del start["bo.key"], start["bo.pem"]
    args = ["ca", "issue", pki, "bo", "--role", "publisher"] + ["--replace"] * replace

    def prepare():
        for path in pki.iterdir():
            path.unlink()
        for name, data in start.items():
            (pki / name).write_bytes(data)
            (pki / name).chmod(0o600)

    def assert_pair():
        public = [
            call("openssl", "x509", "-in", pki / "bo.pem", "-noout", "-pubkey"),
            call("openssl", "pkey", "-in", pki / "bo.key", "-pubout")]
        assert public[0] == public[1] and public[0][0] == 0

    points = KillPoints(pki, tmp_path / "count")
    for _ in points.every(prepare, lambda env: leat.run(*args, env=env, ok=None)):
        if (pki / "bo.pem").exists():
            assert_pair()
        if replace or not (pki / "bo.pem").exists():
            leat.run(*args)
        assert_pair()
        assert sorted(files(pki)) == ["bo.key", "bo.pem", "ca.key", "ca.pem", "fo.key", "fo.pem"]
