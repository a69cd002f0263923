"""Small changes of a solution's source: another operator, constant, comparison, axis or function, a term or a call left out."""
import ast
import copy

BINARY = {ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.Pow: [ast.Mult], ast.FloorDiv: [ast.Mod],
          ast.Mod: [ast.FloorDiv], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd]}
COMPARED = {ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE],
            ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq]}
CALLED = {"sum": ["mean", "max"], "mean": ["sum"], "max": ["min"], "min": ["max"], "minimum": ["maximum"], "maximum": ["minimum"],
          "argmax": ["argmin"], "any": ["all"], "all": ["any"], "cumsum": ["cumprod"], "exp": ["sqrt"], "log": ["sqrt"], "std": ["var"]}


def changed(node, names):
    """The nodes that may stand in the place of this one; `names` are the function's parameters."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    if isinstance(node, ast.Name) and node.id in names:
        yield from (ast.Name(name, ast.Load()) for name in names if name != node.id)
    elif isinstance(node, ast.Tuple) and 1 < len(node.elts) and not isinstance(node.elts[0], (ast.Constant, ast.Slice)):
        yield ast.Tuple(node.elts[::-1], ast.Load())
    elif isinstance(node, ast.BinOp):
        for other in BINARY.get(type(node.op), []):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, ast.MatMult):
            yield ast.BinOp(node.right, ast.MatMult(), node.left)
        yield node.left
        if not isinstance(node.op, ast.Pow):
            yield node.right
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARED.get(type(node.ops[0]), []):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node, ast.Call):
        method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if method else getattr(node.func, "id", "")
        for other in CALLED.get(name, []):
            func = ast.Attribute(node.func.value, other, ast.Load()) if method else ast.Name(other, ast.Load())
            yield ast.Call(func, node.args, node.keywords)
        if len(node.args) == 1 and not node.keywords and name != "bool" and (not method or name in ("exp", "log", "sqrt", "abs", "tanh")):
            yield node.args[0]
        if method and getattr(node.func.value, "id", "") not in ("np", "F", "torch", "math", "nn") and name != "detach":
            yield node.func.value                           # x.sum(axis=1) -> x
        for i in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1:])
        if len(node.args) >= 2 and name not in ("min", "max", "minimum", "maximum", "swapaxes"):
            yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value
    elif isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)


def mutants(function):
    """Pairs of the change, as text with what stands around it, and the changed function definition."""
    nodes = [node for part in function.body for node in ast.walk(part)]
    around = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
    fixed = {id(x) for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("reshape", "swapaxes")
             for arg in node.args for x in ast.walk(arg)}   # -1 is "the rest" there, and two axes have no order
    for at in range(len(nodes)):
        for new in () if id(nodes[at]) in fixed else changed(nodes[at], [a.arg for a in function.args.args]):
            old, new_text = ast.unparse(nodes[at]), ast.unparse(new)
            if old == new_text:
                continue
            clone = copy.deepcopy(function)
            place = [node for part in clone.body for node in ast.walk(part)][at]
            context = around.get(id(nodes[at]))
            text = f"{ast.unparse(context)}: {old} -> {new_text}" if isinstance(context, ast.expr) else f"{old} -> {new_text}"
            yield text, ast.fix_missing_locations(Replace(place, copy.deepcopy(new)).visit(clone))


class Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def reachable(name, functions):
    """The functions of the bank that a solution is made of: itself, and the helpers that it calls."""
    found, new = {}, [name]
    while new:
        name = new.pop()
        if name in functions and name not in found:
            found[name] = functions[name]
            own = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            new += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name) and node.id not in own]
    return found
