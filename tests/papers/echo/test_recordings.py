"""Virtual recordings of one beat."""

from lvcine.papers.echo.recordings import recordings


def test_recordings_run_from_ed_to_the_next_ed_and_are_made_once(cohort_folder):
    before = {p: p.stat().st_mtime_ns for p in cohort_folder.iterdir()}
    first = recordings(cohort_folder, "reporting", 2, frames=40, size=32)
    assert before == {p: p.stat().st_mtime_ns for p in cohort_folder.iterdir()}
    assert len({one.name for one in first}) == 2
    for one in first:
        assert one.labelled[0] == 0 and one.labelled[-1] == len(one.labels) - 1 and len(one.labelled) == 7
        area = (one.labels == 1).sum((1, 2))
        assert area[one.labelled[3]] < area[0]
