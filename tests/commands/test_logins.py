"""Which key is for which server."""

from pathlib import Path

from vibes_trio.commands.logins import last_login, login_file, note_login


def test_each_server_has_its_own_file_however_it_is_written(tmp_path: Path) -> None:
    one = login_file(tmp_path, "https://vibes.example.org")

    assert one == login_file(tmp_path, "wss://VIBES.example.org:443/v1/ws")
    assert one != login_file(tmp_path, "https://vibes.example.org:8443")
    assert one.parent == login_file(tmp_path, "http://[::1]:8787").parent == tmp_path / "logins"


def test_the_last_server_is_remembered(tmp_path: Path) -> None:
    assert last_login(tmp_path) == ""
    (tmp_path / "logins").mkdir()

    note_login(tmp_path, "https://a.example")
    note_login(tmp_path, "https://b.example")

    assert last_login(tmp_path) == "https://b.example"
