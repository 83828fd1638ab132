"""What is in work is noted where a child reads, and nowhere else."""

from lvcine.isolated import watch


def test_other_processes_are_not_watched():
    watch.working_on("x")
    watch.still_working()
    assert watch.own_folder() is None
