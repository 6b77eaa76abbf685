"""Every example in a docstring runs."""

import doctest
import pathlib
import re

import pytest

import solon
import solon._builtins
import solon._errors
import solon._limits
import solon.kubernetes

ROOT = pathlib.Path(__file__).parents[3]


def documented():
    for module in (solon, solon.kubernetes):
        yield module.__name__, module.__doc__
        for name in module.__all__:
            thing = getattr(module, name)
            yield f"{module.__name__}.{name}", thing.__doc__
            if isinstance(thing, type):
                for member, value in vars(thing).items():
                    if not member.startswith("_") and getattr(value, "__doc__", None):
                        yield f"{module.__name__}.{name}.{member}", value.__doc__


@pytest.mark.parametrize("name,text", list(documented()), ids=lambda value: value if len(value) < 60 else "")
def test_docstring(name, text):
    assert text, name
    test = doctest.DocTestParser().get_doctest(text, {"solon": solon}, name, name, 0)
    report = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_most_of_it_has_examples():
    examples = sum(text.count(">>>") for _, text in documented())
    assert examples > 40


def test_readme(capsys):
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == "['container web has no cpu limit']\n"


def test_book():
    """The chapter's blocks run one after the other, as a reader would type them."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "book" / "python.md").read_text(), re.DOTALL)
    assert len(blocks) >= 6
    names = {}
    for block in blocks:
        exec(block, names)
