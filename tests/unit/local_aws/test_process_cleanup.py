"""A server's directory is gone in the end, whoever still writes to it."""

from local_aws import process_cleanup


def test_it_is_told_whether_all_is_gone(tmp_path, monkeypatch):
    """A function that is unpacked as the server ends goes on writing; the watchdog removes it."""
    directory = tmp_path / "state"
    directory.mkdir()
    with monkeypatch.context() as writing:
        writing.setattr("shutil.rmtree", lambda *_, **__: (directory / "new").touch())
        assert not process_cleanup.clean_up("nobody", directory)
    assert process_cleanup.clean_up("nobody", directory)
    assert not directory.exists()
