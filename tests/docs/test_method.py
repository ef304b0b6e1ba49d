"""docs/method.md leads from each equation to the code: a link below it, to a file that defines what the link names."""

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PAGE = REPO / 'docs' / 'method.md'
CODE = re.compile(r'\[`([\w.]+)`\]\(\.\./(genkd_mm/[\w/]+\.py)\)')


def defined_in(source: str) -> set[str]:
    """Functions and classes of a module, and methods as ``Class.method``."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f'{node.name}.{part.name}' for part in node.body if isinstance(part, ast.FunctionDef)}
    return names


def unlinked(text: str) -> list[str]:
    """The equations that no link to code follows, in the paragraph after them."""
    equations = re.findall(r'^```text\n(.*?)^```\n\n(.*?)(?:\n\n|\Z)', text, re.DOTALL | re.MULTILINE)
    return [equation for equation, paragraph in equations if not CODE.search(paragraph)]


def test_every_equation_leads_to_its_code():
    text = PAGE.read_text()
    assert text.count('```text\n') >= 8
    assert unlinked(text) == []


@pytest.mark.parametrize('name, path', sorted(set(CODE.findall(PAGE.read_text()))))
def test_a_link_names_what_its_file_defines(name, path):
    assert name in defined_in((REPO / path).read_text())


def test_an_equation_without_its_code_is_seen():
    equation = '```text\nf = -E\n```\n\n'
    link = 'Code: [`loss`](../genkd_mm/models/losses/x.py).\n'
    assert unlinked(equation + link) == [] and unlinked(equation + 'Prose.\n\n' + link) == ['f = -E\n']
    assert defined_in('class A:\n    def f(self): ...\ndef g(): ...') == {'A', 'A.f', 'g'}
