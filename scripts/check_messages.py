"""Check that sentences for people come from the table of messages: `python scripts/check_messages.py [FILE ...]`, from
the root.

Reported are: a sentence written in code, a key that the table lacks, parameters that are not those of the text, a text
that nothing uses, and a further language whose keys or parameters are not those of the English table.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOTS = ("trainer", "services/backend", "loradeck")
NO_SENTENCES = ("trainer/models/tiny_wan/recipe/", "services/backend/migrations/", "trainer/contract/settings.py")
NO_SENTENCES += ("loradeck/build.py", "trainer/supervision/shim.py")
"""Programs for developers; the table of settings, which is one itself; the UI's build, which runs where there is no
package; and the shim, which imports nothing of ours: it outlives the package's updates."""
NOT_FOR_PEOPLE = {"add_argument", "add_parser", "ArgumentParser", "compile", "debug"}
NOT_FOR_PEOPLE |= {"execute", "executemany", "executescript"}
NOT_FOR_PEOPLE |= {"Field", "Query", "Path", "Body", "Header"}  # of the API's own documentation
"""Calls whose texts are a program's own: command-line help, patterns, SQL."""
NAMES = {"Raw profile type exif", "Loradeck step log, schema {}"}
"""Names that others gave, and that look like sentences."""

_SENTENCE = re.compile(r"[A-Z`{'\"“(][^\n]*\s[^\n]*[.!?…]\s*$|^\s*[A-Z][a-z]+ [a-z]+ [a-z]+", re.DOTALL)


def main() -> int:
    from trainer.contract import messages

    table = messages.texts()
    faults: list[str] = []
    used: set[str] = set()
    if len(sys.argv) > 1:
        faults = [fault for name in sys.argv[1:] for fault in _faults(Path(name), table, used)]
        print("\n".join(faults), end="\n" if faults else "")
        return 1 if faults else 0
    for root in ROOTS:
        for path in sorted(Path(root).rglob("*.py")):
            if not str(path).startswith(NO_SENTENCES):
                faults += _faults(path, table, used)
    faults += [f"trainer/contract/messages/en: nothing uses {key}" for key in table if key not in used]
    for file in (path for path in messages.FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_")):
        other = messages.texts(file.name)
        faults += [f"{file}: lacks {key}" for key in table if key not in other]
        faults += [f"{file}: {key} is not in en" for key in other if key not in table]
        faults += [
            f"{file}: {key} has other parameters than in en"
            for key, text in other.items()
            if key in table and messages.parameters(text) != messages.parameters(table[key])
        ]
    print("\n".join(faults) or f"{len(table)} messages, each used.")
    return 1 if faults else 0


def _faults(path: Path, table: "dict[str, object]", used: set[str]) -> Iterator[str]:
    from trainer.contract import messages

    tree = ast.parse(path.read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in ("message", "sentence", "InvalidValue") and node.args:
            prefix = "invalid_value." if _name(node) == "InvalidValue" else ""
            found = [prefix + key for key in _keys(node.args[0])]
            for key in found:
                matching = [one for one in table if re.fullmatch(key, one)]
                used.update(matching)
                if not matching:
                    yield f"{path}:{node.lineno}: there is no message {key}"
                named = {word.arg for word in node.keywords}
                if None in named or len(matching) != 1:
                    continue
                wanted = messages.parameters(table[matching[0]])  # type: ignore[arg-type]
                if prefix:
                    named.add("field")
                    wanted.add("field")
                if named != wanted:
                    yield f"{path}:{node.lineno}: {key} takes {sorted(wanted)}, not {sorted(map(str, named))}"
        elif isinstance(node, ast.Constant | ast.JoinedStr) and _is_sentence(node, parents):
            yield f"{path}:{node.lineno}: a sentence in code: {_text(node)[:70]!r}"


def _keys(node: ast.expr) -> list[str]:
    """Return patterns of the keys that an argument may be: a literal, a choice of two, or one with parts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.escape(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_keys(node.body), *_keys(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in node.values)]
    return []


def _is_sentence(node: ast.expr, parents: "dict[ast.AST, ast.AST]") -> bool:
    parent = parents[node]
    if isinstance(parent, ast.Expr | ast.JoinedStr | ast.FormattedValue):  # a docstring; part of another text
        return False
    if not (isinstance(node, ast.JoinedStr) or isinstance(node.value, str)):
        return False
    above: ast.AST | None = parent
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.Call) and _name(above) in NOT_FOR_PEOPLE:
            return False
        if isinstance(above, ast.keyword) and above.arg == "responses":
            return False
        above = parents.get(above)
    if isinstance(above, ast.Assert):
        return False
    text = _text(node)
    return text not in NAMES and "= ?" not in text and bool(_SENTENCE.match(text))


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main())
