"""The examples in Python run, and print what they say."""

import pathlib
import runpy

EXAMPLES = pathlib.Path(__file__).parents[3] / "examples"


def test_the_notebook_runs(capsys):
    runpy.run_path(str(EXAMPLES / "notebook.py"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("-> True") and lines[1] == "Counter({False: 7, True: 5})"
    assert lines[2:5] == ["  4 Owners do what they want", "  1 Readers read", "  7 default"]
    assert lines[5:] == [
        "{'user': 'eve', 'action': 'read', 'owner': 'ann'} False -> True",
        "{'user': 'eve', 'action': 'read', 'owner': 'bob'} False -> True",
    ]
