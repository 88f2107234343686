# SPDX-License-Identifier: Apache-2.0
"""A real database with three filters, compared row by row with what the sqlite3 shell reads from
the source."""
import json

import pytest
from conftest import sqlite_shell
from outputs import checked, names, produced

WHOLE = {
    "Artist": "SELECT * FROM Artist",
    "Album": "SELECT * FROM Album",
    "Track": "SELECT * FROM Track",
    "Genre": "SELECT * FROM Genre",
    "PlaylistTrack": "SELECT * FROM PlaylistTrack",
}

CONDITIONS = {
    "Track": ("Milliseconds > 300000 AND Composer LIKE '%a%'", None),
    "Album": ("AlbumId IN (SELECT t.AlbumId FROM Track t WHERE t.UnitPrice < 1)", None),
    "Artist": ("ArtistId IN (SELECT al.ArtistId FROM Album al) AND Name NOT GLOB 'A*'", None),
    "Invoice": ("BillingState IS NOT NULL AND date(InvoiceDate) >= '2010-01-01'", None),
    "InvoiceLine": ("(SELECT i.Total FROM Invoice i WHERE i.InvoiceId = InvoiceLine.InvoiceId) > 5",
                    None),
    "MediaType": ("1", None),
}

# The columns that leave, and what the others hold.
COLUMNS = {
    "Customer": {
        "columns": ["CustomerId", "Country", "City"], "where": "Country <> 'USA'",
        "select": "SELECT CustomerId, '', '', NULL, NULL, City, NULL, Country, NULL, NULL, NULL,"
                  " '', NULL FROM Customer WHERE Country <> 'USA'"},
    "Employee": {
        "columns": ["EmployeeId", "Title", "ReportsTo"], "omit": True,
        "select": "SELECT EmployeeId, Title, ReportsTo FROM Employee"},
    "Invoice": {
        "columns": ["InvoiceId", "CustomerId", "Total"], "omit": True,
        "where": "CustomerId IN (SELECT c.CustomerId FROM Customer c WHERE c.Country <> 'USA')",
        "select": "SELECT InvoiceId, CustomerId, Total FROM Invoice WHERE CustomerId IN"
                  " (SELECT CustomerId FROM Customer WHERE Country <> 'USA')"},
}


@pytest.fixture
def chinook(data):
    return data / "sqlite" / "chinook.sqlite"


def told(path, select):
    """Rows in the shell's own writing, values quoted, by the order of their keys."""
    return sqlite_shell(path, ".mode quote", select + " ORDER BY 1, 2")


def compare(leat, chinook, tables, selects):
    before = chinook.read_bytes()
    text = json.dumps({"tables": tables})
    out = produced(leat, chinook, text)
    assert names(out) == sorted(selects)
    admitted = {t["name"]: t["admitted"] for t in checked(leat, chinook, text)["tables"]}
    for name, select in selects.items():
        wanted = told(chinook, select)
        assert told(out, f'SELECT * FROM "{name}"') == wanted
        assert admitted[name] == len(wanted.splitlines()) > 0
    assert sqlite_shell(out, "PRAGMA integrity_check") == "ok\n"
    assert chinook.read_bytes() == before
    return out


def test_whole_tables(leat, chinook):
    out = compare(leat, chinook, [{"name": name} for name in WHOLE], WHOLE)
    # All but what refers to a table that stays.
    assert {line.split("|")[0] for line in sqlite_shell(
        out, "PRAGMA foreign_key_check").splitlines()} == set()
    assert names(out, "index") == [
        "IFK_AlbumArtistId", "IFK_PlaylistTrackPlaylistId", "IFK_PlaylistTrackTrackId",
        "IFK_TrackAlbumId", "IFK_TrackGenreId", "IFK_TrackMediaTypeId"]


def test_conditions_with_sub_queries(leat, chinook):
    compare(
        leat, chinook, [{"name": name, "where": where} for name, (where, _) in CONDITIONS.items()],
        {name: f"SELECT * FROM {name} WHERE {where}" for name, (where, _) in CONDITIONS.items()})


def test_columns_emptied_and_omitted(leat, chinook):
    tables = [
        {"name": name, **{k: v for k, v in spec.items() if k != "select"}}
        for name, spec in COLUMNS.items()]
    out = compare(leat, chinook, tables, {name: s["select"] for name, s in COLUMNS.items()})
    held = chinook.read_bytes()
    for secret in (b"luisg@embraer.com.br", b"Theodor-Heuss", b"nancy@chinookcorp.com"):
        assert secret in held and secret not in out.read_bytes()
