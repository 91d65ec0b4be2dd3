"""What is decided before a room's processes start: settings, secrets, ports, addresses, and what is printed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from studylab import options
from studylab.room import addresses, keys, layout
from studylab.room.opening import Opening
from studylab.room.ports import Ports
from studylab.room.settings import Bus, HostSettings, Listening, read, written
from studylab.room.wanted import Wanted, servers
from vango.kit import BadInput, Unavailable

NAMES = ("h1", "h2")
PORTS = {"desk": 8321, "h1": 8322, "h2": 8323}


def laid_out(folder: Path, listen: str = "10.0.0.7", public: str = "") -> layout.Layout:
    wanted = Wanted(folder, 2, listen, 8321, public, ("lab.local",), labs=Path("mine"))
    return layout.Layout(wanted, folder / "room", keys.of_room(folder / "room", NAMES), ("nats://127.0.0.1:1",), PORTS)


def test_settings_are_read_as_they_were_written_and_show_no_secret(tmp_path: Path) -> None:
    room = laid_out(tmp_path)
    for settings in (room.desk(), room.host("h2")):
        assert read(written(settings)) == settings
        for secret in (room.keys.tickets, room.keys.secret, room.keys.desk, room.keys.hosts["h2"]):
            assert secret not in repr(settings) + repr(room)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"kind": "king", "settings": {}}', b'{"kind": "desk", "settings": {}}'])
def test_a_process_of_a_room_that_is_told_nothing_says_who_starts_it(line: bytes) -> None:
    with pytest.raises(BadInput, match="started by `--room`"):
        read(line)


def test_without_a_proxy_each_process_has_a_port_of_its_own(tmp_path: Path) -> None:
    room = laid_out(tmp_path)
    assert room.addresses() == ("http://10.0.0.7:8321",)
    assert (room.host("h2").url, room.host("h2").desk_url) == ("http://10.0.0.7:8323", "http://10.0.0.7:8321")
    assert room.host("h2").listening == Listening("10.0.0.7", 8323, ("10.0.0.7", "lab.local"))


def test_brokers_are_open_only_when_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "reachable", lambda: ("10.1.1.1", "10.2.2.2"))
    asked = {(): "", ("--expose-brokers",): "10.1.1.1", ("--expose-brokers", "10.2.2.2"): "10.2.2.2"}
    for arguments, told in asked.items():
        wanted = options.wanted(options.read(["--room", "--data", str(tmp_path), *arguments]))
        key = keys.HostKey("h1", "p", "t")
        assert layout.host(wanted, key, tmp_path, (), Listening(), "http://10.1.1.1:1").brokers_at == told


@pytest.mark.parametrize("at", ["", "lab.local", "::1"])
def test_brokers_that_cannot_be_reached_are_no_start(
    at: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(addresses, "reachable", lambda: ())
    with pytest.raises(SystemExit):
        options.read(["--expose-brokers", *([at] if at else [])])
    assert ("no address that others can reach" if not at else "no IPv4 address") in capsys.readouterr().err


def test_behind_a_proxy_hosts_are_below_paths_of_one_name(tmp_path: Path) -> None:
    room = laid_out(tmp_path, "127.0.0.1", "https://lab.example.org/")
    assert room.desk().addresses == ("https://lab.example.org",)
    assert room.desk().listening.public_url == "https://lab.example.org"
    assert room.host("h1").url == room.host("h1").listening.public_url == "https://lab.example.org/h1"


def test_a_machine_in_no_network_has_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "reachable", lambda: ())
    assert laid_out(tmp_path, "0.0.0.0").addresses() == ("http://127.0.0.1:8321",)
    assert not laid_out(tmp_path, "0.0.0.0").is_reachable()
    monkeypatch.setattr(addresses, "reachable", lambda: ("10.1.1.1", "10.2.2.2"))
    assert laid_out(tmp_path, "0.0.0.0").addresses() == ("http://10.1.1.1:8321", "http://10.2.2.2:8321")


def test_no_address_of_this_machine_is_one_that_others_cannot_reach() -> None:
    assert not [found for found in addresses.reachable() if found.startswith(("127.", "169.254.", "0."))]


def test_secrets_are_made_once_and_a_later_room_may_have_more_hosts(tmp_path: Path) -> None:
    first, second = keys.of_room(tmp_path, NAMES), keys.of_room(tmp_path, [*NAMES, "h3"])
    assert (first.tickets, first.secret, first.desk) == (second.tickets, second.secret, second.desk)
    assert {**second.hosts, **first.hosts} == second.hosts
    assert keys.of_host(tmp_path / "keys" / "h3.key") == keys.HostKey("h3", second.hosts["h3"], second.tickets)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_a_key_file_that_cannot_be_read_is_named_and_not_replaced(tmp_path: Path) -> None:
    keys.of_room(tmp_path, NAMES)
    (tmp_path / "room.key").write_bytes(b"{")
    with pytest.raises(Unavailable, match=r"room\.key is not the key file"):
        keys.of_room(tmp_path, NAMES)
    assert (tmp_path / "room.key").read_bytes() == b"{"


def test_a_port_that_is_held_is_free_for_the_process_it_is_held_for() -> None:
    ports, other = Ports(), Ports()
    taken = ports.take("127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", taken)):
        with pytest.raises(Unavailable, match=f"Port {taken} on 127.0.0.1 cannot be used"):
            other.take("127.0.0.1", taken)
        assert other.after("127.0.0.1", taken - 1) != taken
    ports.close()
    other.close()


def opening(**changes: bool) -> Opening:
    return Opening(
        ("http://10.0.0.7:8321",), "ABCDEF", "http://127.0.0.1:8321", "abcd-efgh", Path("/data/t"), (8321, 8323), 2,
        **changes,
    )  # fmt: skip


def test_a_person_is_shown_the_secret_and_a_code_to_scan_and_a_log_is_not() -> None:
    person, log = opening().text(to_a_person=True), opening().text(to_a_person=False)
    assert "http://10.0.0.7:8321/join  with the code  ABC-DEF" in person
    assert ("abcd-efgh" in person, "abcd-efgh" in log) == (True, False)
    assert ("█" in person or "\033[" in person, "\033[" in log) == (True, False)
    assert "\033[" not in opening(is_reachable=False).text(to_a_person=True)


@pytest.mark.parametrize("url", ["", "http://a", "nats://", "nats://me:secret@a:4222", "nats://a:4222,b"])
def test_servers_of_a_room_are_addresses_without_a_password(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        servers(url)
    assert "secret" not in str(refused.value)


def test_a_room_listens_everywhere_unless_a_proxy_stands_in_front() -> None:
    assert options.read([]).host == "127.0.0.1"
    assert options.read(["--room"]).host == "0.0.0.0"
    assert options.read(["--room", "--public-url", "https://lab.example.org"]).host == "127.0.0.1"
    assert options.read(["--room", "--host", "10.0.0.7"]).host == "10.0.0.7"


@pytest.mark.parametrize(
    "line",
    [["--hosts", "0"], ["--hosts", "65"], ["--host-for", "nats://a"], ["--room", "--host-for", "nats://a"]],
    ids=str,
)
def test_a_command_line_that_fits_nothing_is_refused(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.read(line)
    assert "error:" in capsys.readouterr().err


def test_a_host_by_hand_is_told_by_its_key_and_its_public_address(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path, 2, "0.0.0.0", 8400, "http://10.0.0.9:8400", nats=("nats://10.0.0.7:4222",))
    host = layout.by_hand(wanted, keys.HostKey("h7", "password", "k" * 40))
    assert host == HostSettings(
        "h7", str(tmp_path / "room" / "h7"), Bus(("nats://10.0.0.7:4222",), "h7", "password"),
        Listening("0.0.0.0", 8400, ("0.0.0.0", "10.0.0.9")), "http://10.0.0.9:8400", key="k" * 40,
    )  # fmt: skip
