"""Private folders go with their process, however that ended."""

from lvcine.isolated import folder


def test_folders_of_killed_processes_are_removed_and_those_in_use_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(folder.tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "lvcine-dead"
    left.mkdir()
    (left / "lock").write_bytes(b"")
    (left / "patient.dcm").write_bytes(b"x")
    with folder.private_folder() as one:
        assert not left.exists() and one.stat().st_mode & 0o077 == 0
        with folder.private_folder():
            assert one.exists()
    assert not list(tmp_path.glob("lvcine-*"))
