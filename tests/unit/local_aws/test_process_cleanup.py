"""A server's directory is gone in the end, whoever still writes to it."""

import shutil

from local_aws import process_cleanup


def test_what_is_written_meanwhile_goes_too(tmp_path, monkeypatch):
    directory = tmp_path / "state"
    directory.mkdir()
    remove, rounds = shutil.rmtree, []

    def written_to_once(path, **options):
        remove(path, **options)
        rounds.append(path)
        if len(rounds) == 1:
            directory.mkdir()

    monkeypatch.setattr(shutil, "rmtree", written_to_once)
    process_cleanup.clean_up("nobody", directory)
    assert len(rounds) == 2
    assert not directory.exists()
