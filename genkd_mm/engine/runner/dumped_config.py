"""Configs that mmengine dumped, read without running them."""

import ast
from pathlib import Path


def read_dumped_config(path: Path) -> dict:
    """The values of a config that mmengine dumped. The file is parsed, not run: it may come from somebody else.

    Returns:
        dict: Values by name; one that is no plain data is its source text. Empty if there is no such file, or it is no
        Python.
    """
    try:
        return parse_config(path.read_text(encoding='utf-8', errors='replace'))
    except OSError:
        return {}


def parse_config(text: str) -> dict:
    """As :func:`read_dumped_config`, of the text that mmengine writes into a checkpoint too."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {
        line.targets[0].id: _value(line.value)
        for line in module.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }


def _value(node: ast.expr):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args:
        return {keyword.arg or '**': _value(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {str(_value(key)): _value(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return ast.unparse(node)
