"""Slips of the pen: every small change that a rule below makes at one place of a piece of Python.

    for line, changed in mutants("def half(x):\n    return round(x / 2)"):
        ...  # "return floor(x / 2)", "def half(x):\n    return floor(x / 2)", and so on

Whoever checks answers should refuse each of them, or say why it is as good. Changed programs may
use NumPy as np.
"""

import ast
import builtins
import copy
import tomllib
from itertools import zip_longest
from pathlib import Path

TURNS = 100  # of a while loop, after which it ends: a changed one may never end by itself
OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult, ast.FloorDiv], ast.FloorDiv: [ast.Div, ast.Mod], ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult], ast.MatMult: [ast.Mult], ast.LShift: [ast.RShift],
    ast.BitXor: [ast.BitOr, ast.BitAnd, ast.Add], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn], ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
IN_ORDER = ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.LShift
FUNCTIONS = {
    "round": ["floor", "ceil"], "floor": ["ceil", "round"], "ceil": ["floor", "round"],
    "int": ["round", "ceil"], "abs": ["negative"], "sort": ["unique"], "any": ["all"],
    "all": ["any"], "min": ["max"], "max": ["min"], "minimum": ["maximum"],
    "maximum": ["minimum"], "argmin": ["argmax"], "argmax": ["argmin"], "std": ["var"],
    "sum": ["mean", "max"], "mean": ["sum", "median"], "cumsum": ["cumprod"],
    "zeros_like": ["ones_like"],
}  # fmt: skip
RETURNED = "{}[::-1]", "{}[:1]", "-1 * np.asarray({})", "np.round({}, 2)"


def mutants(source, returned=RETURNED):
    """Yield the first line that is changed, as it is then, and the source with this change.

    What the source returns is also returned in the forms of `returned`, which hold {} for it.
    """
    tree = _without_docstrings(ast.parse(source))
    parameters = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    right = ast.unparse(tree)
    found = {right}
    for node in list(ast.walk(tree)):
        for other in _others(node, parameters, returned):
            changed = ast.unparse(ast.fix_missing_locations(_Put(node, other).visit(tree)))
            _Put(other, node).visit(tree)
            if changed not in found:
                found.add(changed)
                yield _changed_line(right, changed), _ending(changed)


def _without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return tree


def _changed_line(before, after):
    lines = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    return next(new for old, new in lines if old != new).strip()


class _Put(ast.NodeTransformer):
    """Puts a node in the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


class _Ending(ast.NodeTransformer):
    """Every while loop ends after so many turns."""

    def visit_While(self, loop):
        self.generic_visit(loop)
        text = f"for _ in range({TURNS}):\n    if not ({ast.unparse(loop.test)}):\n        break"
        (ending,) = ast.parse(text).body
        ending.body.extend(loop.body)
        return ending


def _ending(source):
    return ast.unparse(_Ending().visit(ast.parse(source)))


def _with(node, **fields):
    """A copy of the node in which these fields are others."""
    other = copy.copy(node)
    vars(other).update(fields)
    return other


def _expression(form, node):
    """A form, with the node in the place of its {}."""
    return ast.parse(form.format(f"({ast.unparse(node)})"), mode="eval").body


def _others_of(operator):
    return (other() for other in OPERATORS.get(type(operator), ()))


def _others(node, parameters, returned):
    """What may stand in the place of a node by mistake: another parameter, or as a rule says."""
    if type(node) in RULES:
        yield from RULES[type(node)](node)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in parameters:
        yield from (ast.Name(other) for other in parameters if other != node.id)
    if isinstance(node, ast.Return) and node.value:
        yield from (_with(node, value=_expression(form, node.value)) for form in returned)


def _constant(node):
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield from (ast.Constant(value - 1), ast.Constant(value + 1))
    elif isinstance(value, str) and value.isupper():
        yield from map(ast.Constant, _other_letters(value))


def _other_letters(letters):
    """A letter less, twice, exchanged with the next; a letter more."""
    for at, letter in enumerate(letters):
        before, after = letters[:at], letters[at + 1 :]
        yield before + after
        yield before + after[:1] + letter + after[1:]
        yield from (before + other + letter + after for other in "ABCDEFGHIJ")


def _binary(node):
    yield from (_with(node, op=other) for other in _others_of(node.op))
    yield from (node.left, node.right)
    if isinstance(node.op, IN_ORDER):
        yield _with(node, left=node.right, right=node.left)
    if isinstance(node.op, ast.Div):
        yield from (_expression("np.ceil({})", node), _expression("np.round({})", node))


def _comparison(node):
    if len(node.ops) == 1:
        yield from (_with(node, ops=[other]) for other in _others_of(node.ops[0]))


def _boolean(node):
    yield from (_with(node, op=other) for other in _others_of(node.op))
    yield from node.values


def _call(node):
    """Another function, none at all, a keyword less, arguments in another order."""
    match node.func:
        case ast.Name(id=name):
            for other in FUNCTIONS.get(name, ()):
                prefix = "" if hasattr(builtins, other) else "np."
                yield _with(node, func=ast.Name(prefix + other))
        case ast.Attribute(value=owner, attr=name):
            for other in FUNCTIONS.get(name, ()):
                yield _with(node, func=_with(node.func, attr=other))
            if ast.unparse(owner) != "np":
                yield owner
    yield from (argument for argument in node.args if not isinstance(argument, ast.Starred))
    for keyword in node.keywords:
        yield _with(node, keywords=[other for other in node.keywords if other is not keyword])
    if len(node.args) > 1:
        first, second, *rest = node.args
        yield _with(node, args=[second, first, *rest])


def _subscript(node):
    if isinstance(node.ctx, ast.Load):
        yield node.value
        if isinstance(node.slice, ast.Slice):
            yield _with(node, slice=ast.Constant(0))


def _slice(node):
    for end in ("lower", "upper"):
        if bound := getattr(node, end):
            yield _with(node, **{end: None})
            yield _with(node, **{end: _expression("{} - 1", bound)})
            yield _with(node, **{end: _expression("{} + 1", bound)})


def _loop(node):
    """The first round only; all but the first; all but the last; and without a condition."""
    for part in ("[:1]", "[1:]", "[:-1]"):
        yield _with(node, iter=_expression(f"list({{}}){part}", node.iter))
    if getattr(node, "ifs", None):
        yield _with(node, ifs=[])


def _sum_up(node):
    yield from (_with(node, op=other) for other in _others_of(node.op))
    yield ast.Assign(targets=[node.target], value=node.value)
    yield ast.Pass()


def _order(node):
    """A statement after the next one."""
    body = node.body
    for at in range(len(body) - 1):
        yield _with(node, body=[*body[:at], body[at + 1], body[at], *body[at + 2 :]])


RULES = {
    ast.Constant: _constant, ast.BinOp: _binary, ast.Compare: _comparison, ast.BoolOp: _boolean,
    ast.Call: _call, ast.Subscript: _subscript, ast.Slice: _slice, ast.comprehension: _loop,
    ast.For: lambda node: [*_loop(node), *_order(node)],
    ast.AugAssign: _sum_up, ast.FunctionDef: _order,
    ast.While: _order, ast.If: _order,
    ast.Expr: lambda node: [ast.Pass()],
    ast.UnaryOp: lambda node: [node.operand],
    ast.IfExp: lambda node: [node.body, node.orelse],
    ast.Attribute: lambda node: [node.value] if node.attr == "T" else [],
    ast.Tuple: lambda node: [_with(node, elts=node.elts[::-1])],
}  # fmt: skip


def explained(path):
    """{name: lines} of changes that have to pass, and {name: lines} of those that may.

    The file has tables [[equal]] and [[either]]: why, and lists of lines by the name of a source.
    """
    file = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return [_lines_by_name(file.get(kind, ())) for kind in ("equal", "either")]


def _lines_by_name(tables):
    found = {}
    for table in tables:
        assert table.pop("why")
        for name, lines in table.items():
            found.setdefault(name, set()).update(map(_as_unparsed, lines))
    return found


def _as_unparsed(line):
    """A line as this version of Python would write it."""
    whole = f"{line} pass" if line.endswith(":") else line
    return ast.unparse(ast.parse(whole)).partition("\n")[0]
