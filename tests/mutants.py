"""Slips of the pen: every small change to a piece of Python, one at a time.

    for what, changed in mutants("def half(x):\n    return round(x / 2)"):
        ...  # "round(x / 2) -> floor(x / 2)", "def half(x):\n    return floor(x / 2)", and so on

Whoever checks answers should refuse each of them, or say why it means the same. Changed programs
may use round, floor and ceil.
"""

import ast
import copy

TURNS = 100  # of a while loop, after which it ends: a changed one may never end by itself
OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Div], ast.Mod: [ast.FloorDiv], ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
    ast.BitXor: [ast.BitAnd, ast.BitOr],
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn], ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
IN_ORDER = ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult
FUNCTIONS = {
    "round": ["floor", "ceil"], "floor": ["ceil", "round"], "ceil": ["floor", "round"],
    "int": ["round", "ceil"], "min": ["max"], "max": ["min"], "any": ["all"], "all": ["any"],
    "minimum": ["maximum"], "maximum": ["minimum"], "argmin": ["argmax"], "argmax": ["argmin"],
    "sum": ["mean", "max"], "mean": ["sum", "median"], "std": ["var"],
}  # fmt: skip


def mutants(source):
    """Yield what is changed, in words, and the source with this change."""
    tree = ast.parse(source)
    for holder, key, node in list(_places(tree)):
        for other in _changes(node):
            _put(holder, key, other)
            yield f"{_text(node)} -> {_text(other)}", _source(tree)
            _put(holder, key, node)
        if isinstance(node, ast.stmt) and isinstance(holder, list) and holder[key + 1 :]:
            after = holder[key + 1]
            holder[key : key + 2] = after, node
            yield f"{_text(node)} <-> {_text(after)}", _source(tree)
            holder[key : key + 2] = node, after


def _source(tree):
    return ast.unparse(_Ending().visit(copy.deepcopy(tree)))


def _places(tree):
    """Every expression and statement, as what holds it, the name or index there, and the node."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            nodes = enumerate(value) if isinstance(value, list) else [(name, value)]
            holder = value if isinstance(value, list) else parent
            yield from ((holder, key, node) for key, node in nodes
                        if isinstance(node, ast.expr | ast.stmt | ast.comprehension))  # fmt: skip


def _put(holder, key, node):
    if isinstance(holder, list):
        holder[key] = node
    else:
        setattr(holder, key, node)


def _text(node):
    return " ".join(ast.unparse(node).split())


def _with(node, **fields):
    """A copy of the node in which these fields are others."""
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **fields}), node)


def _changes(node):
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.BinOp(left=left, op=op, right=right):
            yield from (_with(node, op=other()) for other in OPERATORS.get(type(op), ()))
            yield from (left, right)
            if isinstance(op, IN_ORDER):
                yield _with(node, left=right, right=left)
        case ast.Compare(ops=[op]):
            yield from (_with(node, ops=[other()]) for other in OPERATORS.get(type(op), ()))
        case ast.BoolOp(op=op, values=values):
            yield from (_with(node, op=other()) for other in OPERATORS[type(op)])
            yield from values
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Subscript(value=value, slice=where, ctx=ast.Load()):
            yield value
            if isinstance(where, ast.Slice):
                yield _with(node, slice=ast.Constant(0))
        case ast.Attribute(value=value, attr="T"):
            yield value
        case ast.Call():
            yield from _changed_calls(node)
        case ast.comprehension(iter=several, ifs=ifs):
            yield _with(node, iter=_first_only(several))
            yield from ([_with(node, ifs=[])] if ifs else [])
        case ast.For(iter=several):
            yield _with(node, iter=_first_only(several))
        case ast.Expr() | ast.AugAssign():
            yield ast.Pass()


def _changed_calls(call):
    """Another function, an argument alone, the object of a method alone, and no such keyword."""
    match call.func:
        case ast.Name(id=name):
            others = [ast.Name(other) for other in FUNCTIONS.get(name, ())]
        case ast.Attribute(attr=name, value=value):
            others = [ast.Attribute(value, other) for other in FUNCTIONS.get(name, ())]
            yield value
    yield from (_with(call, func=other) for other in others)
    yield from call.args
    for keyword in call.keywords:
        yield _with(call, keywords=[other for other in call.keywords if other is not keyword])


def _first_only(several):
    return ast.parse(f"list({ast.unparse(several)})[:1]", mode="eval").body


class _Ending(ast.NodeTransformer):
    """Every while loop ends after so many turns."""

    def visit_While(self, loop):
        self.generic_visit(loop)
        text = f"for _ in range({TURNS}):\n    if not ({ast.unparse(loop.test)}):\n        break"
        (ending,) = ast.parse(text).body
        ending.body.extend(loop.body)
        return ending
