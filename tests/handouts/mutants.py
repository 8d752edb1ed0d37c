"""Small mistakes, made in a right answer by rule: `round` for `floor`, `<` for `<=`, one off, …

`mutants(source)` has every change that a rule below can make at one place of a source.
"""

import ast
import copy
from itertools import zip_longest

COMPARED = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
}  # fmt: skip
COMBINED = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv), ast.FloorDiv: (ast.Div, ast.Mod), ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,), ast.BitXor: (ast.BitOr, ast.BitAnd, ast.Add), ast.BitAnd: (ast.BitOr,),
    ast.LShift: (ast.RShift,),
}  # fmt: skip
RENAMED = {
    "max": ("min",), "min": ("max",), "maximum": ("minimum",), "sum": ("mean", "max"),
    "mean": ("sum", "median"), "cumsum": ("cumprod",), "int": ("round", "np.ceil"),
    "zeros_like": ("ones_like",), "sort": ("unique",), "abs": ("negative",), "round": ("floor",),
    "floor": ("round", "ceil"), "ceil": ("floor", "round"),
}  # fmt: skip
ROUNDED = ("np.ceil({})", "np.round({})")
RETURNED = ("{}[::-1]", "{}[:1]", "-1 * np.asarray({})", "np.asarray({}).astype(np.int32)",
            "np.asarray({}).astype(np.float16)", "np.round({}, 2)")  # fmt: skip


def mutants(source):
    """{the source after a change: the line that it changed}."""
    tree = ast.parse(source)
    right = ast.unparse(tree)
    parameters = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    found = {}
    for node in list(ast.walk(tree)):
        for other in [*_others(node), *_other_names(node, parameters)]:
            mutant = ast.unparse(ast.fix_missing_locations(_Put(node, other).visit(tree)))
            _Put(other, node).visit(tree)
            if mutant != right:
                found[mutant] = _changed_line(right, mutant)
    return found


def _changed_line(before, after):
    lines = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    return next(new for old, new in lines if old != new).strip()


class _Put(ast.NodeTransformer):
    """Puts a node in the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def _with(node, **fields):
    """A copy of a node with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _expression(form, node):
    return ast.parse(form.format(f"({ast.unparse(node)})"), mode="eval").body


def _others(node):
    """What a rule puts in the place of a node."""
    rule = RULES.get(type(node))
    return rule(node) if rule else ()


def _other_names(node, parameters):
    """Another parameter for one."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in parameters:
        return [_with(node, id=other) for other in dict.fromkeys(parameters) if other != node.id]
    return []


def _comparison(node):
    for other in COMPARED.get(type(node.ops[0]), ()):
        yield _with(node, ops=[other()])


def _combination(node):
    for other in COMBINED.get(type(node.op), ()):
        yield _with(node, op=other())
    yield from (node.left, node.right)
    if isinstance(node.op, ast.Div):
        yield from (_expression(form, node) for form in ROUNDED)


def _call(node):
    """Another function, none at all, an argument less, arguments in another order."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    for other in RENAMED.get(name, ()):
        if isinstance(function, ast.Attribute):
            new = ast.parse(f"{ast.unparse(function.value)}.{other}", mode="eval").body
        else:
            new = ast.parse(other, mode="eval").body
        yield _with(node, func=new)
    if isinstance(function, ast.Attribute) and ast.unparse(function.value) != "np":
        yield function.value
    for number in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:number] + node.keywords[number + 1 :])
    yield from (part for part in node.args if not isinstance(part, ast.Starred))
    if len(node.args) > 1:
        first, second, *rest = node.args
        yield _with(node, args=[second, first, *rest])


def _constant(node):
    if isinstance(node.value, bool):
        yield _with(node, value=not node.value)
    elif isinstance(node.value, int | float):
        yield from (_with(node, value=node.value + step) for step in (-1, 1))
    elif isinstance(node.value, str) and node.value.isupper():
        letters = node.value
        for at in range(len(letters)):
            yield _with(node, value=letters[:at] + letters[at + 1 :])
            yield _with(node, value=letters[: at + 1] + letters[at:])
            for other in sorted(set("ABCDEFGHIJ") - set(letters)):
                yield _with(node, value=letters[:at] + other + letters[at:])
        for at in range(len(letters) - 1):
            swapped = letters[at + 1] + letters[at]
            yield _with(node, value=letters[:at] + swapped + letters[at + 2 :])


def _slice(node):
    for end in ("lower", "upper"):
        if bound := getattr(node, end):
            yield _with(node, **{end: None})
            yield from (
                _with(node, **{end: _expression(form, bound)}) for form in ("{} - 1", "{} + 1")
            )


def _loop(node):
    """The first round only; all but the first; all but the last."""
    for part in ("[:1]", "[1:]", "[:-1]"):
        yield _with(node, iter=_expression(f"list({{}}){part}", node.iter))


def _subscript(node):
    if isinstance(node.ctx, ast.Load):
        yield node.value


def _returned(node):
    for form in RETURNED:
        yield _with(node, value=_expression(form, node.value))


def _sum_up(node):
    for other in COMBINED.get(type(node.op), ()):
        yield _with(node, op=other())
    yield ast.Assign(targets=[node.target], value=node.value, lineno=0)
    yield ast.Pass()


RULES = {
    ast.Compare: _comparison, ast.BinOp: _combination, ast.Call: _call, ast.Constant: _constant,
    ast.Slice: _slice, ast.For: _loop, ast.comprehension: _loop, ast.Subscript: _subscript,
    ast.Return: _returned, ast.AugAssign: _sum_up,
    ast.UnaryOp: lambda node: [node.operand],
    ast.IfExp: lambda node: [node.body, node.orelse],
    ast.BoolOp: lambda node: node.values,
    ast.If: lambda node: [_with(node, test=part) for part in getattr(node.test, "values", ())],
    ast.Attribute: lambda node: [node.value] if node.attr == "T" else [],
    ast.Tuple: lambda node: [_with(node, elts=node.elts[::-1])],
}  # fmt: skip
