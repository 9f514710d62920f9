"""All codes of errors, warnings and ends that the sources name, wherever they name them.

A code is what is handed to a parameter or field called `code` (or `said`, which takes a message or its code), by its
name or its place, what is kept in a variable or an attribute of that name, and the key of a message, up to its variant.
What is made at run time, such as f"exit_{code}", is collected as `exit_<...>`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.docs.sources import tree

NAMES = ("code", "said")
ROOMS = ("check", "command", "doctor")
"""First parts of keys of messages that have no code: what a check has found is no error."""
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(_<\.\.\.>)?")

Places = dict[str, int | None]
"""By the name of a function or class: where its parameter of `NAMES` stands. None: it has none."""
Constants = dict[str, set[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def codes(paths: Iterable[Path]) -> dict[str, set[Path]]:
    """Each code, and the modules that name it."""
    trees = {path: tree(path) for path in paths}
    places = {path: _places(module) for path, module in trees.items()}
    anywhere: dict[str, set[int]] = defaultdict(set)
    for found in places.values():
        for name, place in found.items():
            if place is not None:
                anywhere[name].add(place)
    _inherit(trees.values(), anywhere)
    constants = _constants(trees.values())
    named: dict[str, set[Path]] = defaultdict(set)
    for path, module in trees.items():
        for code in _Module(module, places[path], anywhere, constants).codes():
            if WORD.fullmatch(code):
                named[code].add(path)
    return named


def words(paths: Iterable[Path]) -> set[str]:
    """Every string constant of the sources that could be a code."""
    constants = (node.value for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and WORD.fullmatch(value)}


class _Module:
    def __init__(self, module: ast.Module, own: Places, anywhere: dict[str, set[int]], constants: Constants) -> None:
        self._module, self._own, self._anywhere, self._constants = module, own, anywhere, constants
        self._functions = {node.name: node for node in ast.walk(module) if isinstance(node, Function)}

    def codes(self) -> Iterator[str]:
        yield from self._in(self._module, {})

    def _in(self, scope: ast.AST, outer: Constants) -> Iterator[str]:
        """Those named in a scope and in the scopes inside, which see its variables."""
        nodes = list(_of_scope(scope))
        known = {**outer, **self._assigned(nodes, outer)}
        if isinstance(scope, Function):
            for name, default in _defaults(scope):
                if name in NAMES:
                    yield from self._values(default, known)
        for node in nodes:
            if isinstance(node, ast.Call):
                for argument in self._arguments(node, scope):
                    yield from self._values(argument, known)
                if _name(node.func) == "message" and node.args:
                    keys = (key.partition(".")[0] for key in self._values(node.args[0], known))
                    yield from (code for code in keys if code not in ROOMS)
            elif isinstance(node, ast.Assign):
                for target, value in self._pairs(node):
                    if getattr(target, "id", getattr(target, "attr", None)) == "code":
                        yield from self._values(value, known)
        for node in nodes:
            if isinstance(node, Function | ast.ClassDef | ast.Lambda):
                yield from self._in(node, known)

    def _arguments(self, call: ast.Call, scope: ast.AST) -> Iterator[ast.expr]:
        """What a call hands over as `code`."""
        yield from (keyword.value for keyword in call.keywords if keyword.arg in NAMES)
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name == "__init__":  # super().__init__: of the classes of this module
            places = {place for base in self._bases(scope) for place in self._anywhere.get(base, ())}
        elif name in self._own:
            places = {place for place in [self._own[name]] if place is not None}
        else:
            places = self._anywhere.get(name, set())
        yield from (call.args[place] for place in places if place < len(call.args))

    def _bases(self, method: ast.AST) -> list[str]:
        classes = (node for node in ast.walk(self._module) if isinstance(node, ast.ClassDef))
        return [_name(base) for each in classes if method in each.body for base in each.bases]

    def _pairs(self, node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
        """Each target with its value; of a function of this module that returns several, with what it returns there."""
        for target in node.targets:
            if not isinstance(target, ast.Tuple):
                yield target, node.value
            elif isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=False)
            elif isinstance(node.value, ast.Call) and (called := self._functions.get(_name(node.value.func))):
                for returned in ast.walk(called):
                    if isinstance(returned, ast.Return) and isinstance(returned.value, ast.Tuple):
                        yield from zip(target.elts, returned.value.elts, strict=False)

    def _assigned(self, nodes: Iterable[ast.AST], outer: Constants) -> Constants:
        found: Constants = defaultdict(set)
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target, value in self._pairs(node):
                    if isinstance(target, ast.Name):
                        found[target.id] |= set(self._values(value, outer))
        return {name: values for name, values in found.items() if values}

    def _values(self, node: ast.expr, known: Constants) -> Iterator[str]:
        """What an expression may be."""
        match node:
            case ast.Constant(value=str(value)):
                yield value
            case ast.IfExp():
                yield from self._values(node.body, known)
                yield from self._values(node.orelse, known)
            case ast.BoolOp():
                for part in node.values:
                    yield from self._values(part, known)
            case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]):
                yield f"{begin}<...>"
            case ast.Name(id=name):
                yield from known.get(name) or self._constants.get(name) or ()
            case ast.Attribute(attr=name):
                yield from self._constants.get(name, ())


def _of_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, and the scopes inside without what they hold."""
    queue = list(ast.iter_child_nodes(scope))
    while queue:
        node = queue.pop(0)
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            queue += ast.iter_child_nodes(node)


def _places(module: ast.Module) -> Places:
    places: Places = {}
    for node in ast.walk(module):
        if isinstance(node, Function) and node.name != "__init__":
            places[node.name] = _place([argument.arg for argument in _positional(node)])
        elif isinstance(node, ast.ClassDef):
            made = [each for each in node.body if isinstance(each, Function) and each.name == "__init__"]
            if made:
                places[node.name] = _place([argument.arg for argument in _positional(made[0])])
            else:
                fields = [
                    each.target.id
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                ]
                if fields or not node.bases:  # else as its bases are made
                    places[node.name] = _place(fields)
    return places


def _inherit(trees: Iterable[ast.Module], anywhere: dict[str, set[int]]) -> None:
    """Give classes without a constructor of their own that of their bases."""
    classes = [node for module in trees for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    changed = True
    while changed:
        changed = False
        for node in classes:
            own = any(isinstance(each, Function) and each.name == "__init__" for each in node.body)
            inherited = set[int]().union(*(anywhere.get(_name(base), set()) for base in node.bases))
            if not own and not inherited <= anywhere.get(node.name, set()):
                anywhere[node.name] |= inherited
                changed = True


def _constants(trees: Iterable[ast.Module]) -> Constants:
    """The strings that modules keep under a name, together."""
    found: Constants = defaultdict(set)
    for module in trees:
        for node in module.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    targets, values = ([target], [node.value])
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        targets, values = target.elts, node.value.elts
                    for each, value in zip(targets, values, strict=True):
                        if (
                            isinstance(each, ast.Name)
                            and isinstance(value, ast.Constant)
                            and isinstance(value.value, str)
                        ):
                            found[each.id].add(value.value)
    return found


def _positional(function: Function) -> list[ast.arg]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return arguments[1:] if arguments and arguments[0].arg in ("self", "cls") else arguments


def _defaults(function: Function) -> Iterator[tuple[str, ast.expr]]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    defaults = function.args.defaults
    yield from ((each.arg, value) for each, value in zip(arguments[-len(defaults) :], defaults, strict=bool(defaults)))


def _place(names: list[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in NAMES), None)


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))
