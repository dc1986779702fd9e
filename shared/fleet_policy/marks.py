"""What stands on which line? YAML text into plain values, with the line of every key and entry.

Scalars follow YAML 1.2 (as editors do): `on` and `no` are text, `20:00` is text, dates are text. No tag makes an
object: only text, numbers, true/false, null, lists and mappings can come out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import yaml

type Path = tuple[str | int, ...]

MAX_CHARACTERS = 500_000
"""Our own limit; a policy of 1,000 VM names has about 50,000 characters."""
MAX_DEPTH = 20
"""Our own limit; the deepest key of a policy is five levels down."""
MAX_VALUES = 50_000
"""Our own limit on values after aliases are expanded: nested aliases would otherwise grow without bound."""

_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; `line` counts from 1, `path` is dotted ("document" for the whole).

    As text it is one printable line, whatever the document holds.
    """

    line: int
    path: str
    text: str

    def __str__(self) -> str:
        said = f"line {self.line}: {self.path}: {self.text}"
        return "".join(character if character.isprintable() else "?" for character in said)


@dataclass(frozen=True, slots=True)
class Marked:
    """A document as plain values; `lines` has the line of each path, and of each parent of it."""

    data: object
    lines: dict[Path, int]
    problems: list[Problem]

    def line_of(self, path: Path) -> int:
        """Return the line of the path, or of its nearest parent in the document."""
        return self.lines[self.known(path)]

    def known(self, path: Path) -> Path:
        """Return the longest start of the path that the document holds."""
        while path not in self.lines:
            path = path[:-1]
        return path


def dotted(path: Path) -> str:
    """Return the path as `tiers.critical.match.values[0]`; the empty path is "document"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "document"


def load(text: str) -> Marked:
    """Return the document with its lines; anything unreadable is a Problem in it, never an exception."""
    if len(text) > MAX_CHARACTERS:
        return _refused(1, f"has {len(text)} characters; expected at most {MAX_CHARACTERS}")
    try:
        if (deep := _too_deep(text)) is not None:
            return _refused(deep, f"is nested too deeply; expected at most {MAX_DEPTH} levels")
        node = yaml.compose(text, Loader=_Core)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _refused(line, _syntax(error, text, line))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _refused(line, "holds a character that YAML does not allow; expected plain text; save the file as UTF-8")
    except ValueError:
        return _refused(1, r"holds an escape that names no character; expected \u0000 to \U0010FFFF inside quotes")
    walk = _Walk()
    data = None if node is None else walk.value(node, ())
    if walk.endless is not None:
        text = f"grows without bound through its aliases; expected at most {MAX_VALUES} values and {MAX_DEPTH} levels"
        return _refused(walk.endless, text)
    return Marked(data, {(): 1} | walk.lines, walk.problems)


def _refused(line: int, text: str) -> Marked:
    return Marked(None, {(): 1}, [Problem(line, "document", text)])


def _syntax(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    near = lines[line - 1] if line <= len(lines) else ""
    hint = "indent with spaces, not tabs" if "\t" in near else "look for a missing colon, quote or bracket just before"
    return f"cannot be read as YAML ({error.problem or error.context}); expected keys and values; {hint}"


def _too_deep(text: str) -> int | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Core):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return _line(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


class _Core(yaml.SafeLoader):
    """YAML 1.2 scalars; nothing else of the loader's constructors is used."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (the parent's shape)


_SCALARS: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "null": (r"~|null|Null|NULL|", "~nN", lambda _: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    "int": (r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789", int),
    "float": (r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", "-+0123456789", float),
    "merge": (r"<<", "<", str),
    "str": ("", "", str),
}

for _name, (_pattern, _first, _) in _SCALARS.items():
    if _pattern:
        _Core.add_implicit_resolver(
            _CORE + _name, re.compile(f"^(?:{_pattern})$"), [*_first, *([""] * (_name == "null"))]
        )


@dataclass(slots=True)
class _Walk:
    """Turns nodes into values, one path at a time."""

    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: int = 0
    depth: int = 0
    endless: int | None = None

    def value(self, node: yaml.Node, path: Path) -> object:
        self.seen += 1
        if self.seen > MAX_VALUES or self.depth > MAX_DEPTH:
            self.endless = self.endless or _line(node)
            return None
        self.depth += 1
        value = self._value(node, path)
        self.depth -= 1
        return value

    def _value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _CORE + "seq":
            return self._list(node, path)
        if isinstance(node, yaml.MappingNode) and node.tag == _CORE + "map":
            return self._mapping(node, path)
        self._complain(node, path, f"has the tag {node.tag}; expected plain lists and mappings; remove the tag")
        return None

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        pattern, _, make = _SCALARS.get(node.tag.removeprefix(_CORE), ("", "", None))
        if make is None or (pattern and not re.fullmatch(pattern, node.value)):
            self._complain(node, path, f"has the tag {node.tag}; expected plain text or a number; remove the tag")
            return None
        if not _encodable(node.value):
            self._complain(node, path, "holds half of a character (a surrogate escape); expected whole characters")
            return None
        return make(node.value)

    def _list(self, node: yaml.SequenceNode, path: Path) -> list[object]:
        values = []
        for index, child in enumerate(node.value):
            self.lines[(*path, index)] = _line(child)
            values.append(self.value(child, (*path, index)))
            if self.seen > MAX_VALUES:
                break
        return values

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        first_line: dict[str, int] = {}
        for key_node, value_node in node.value:
            if self.seen > MAX_VALUES:
                break
            if key_node.tag == _CORE + "merge":
                for key, value in self._merged(value_node, path):
                    found.setdefault(key, value)
                continue
            name = self._key(key_node, path)
            if name is None:
                continue
            if name in first_line:
                text = f"is there twice (first on line {first_line[name]}); expected each key once"
                self._complain(key_node, (*path, name), text)
                continue
            first_line[name] = self.lines[(*path, name)] = _line(key_node)
            found[name] = self.value(value_node, (*path, name))
        return found

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[tuple[str, object]]:
        """Yield the entries of `<<: *anchor`; keys of the mapping itself win, whatever their order."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            own_lines = dict(self.lines)
            value = self.value(part, path) if isinstance(part, yaml.MappingNode) else None
            self.lines |= own_lines
            if isinstance(value, dict):
                yield from value.items()
            else:
                self._complain(part, path, "merges (<<) something else than a mapping; expected `<<: *anchor` of one")

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == _CORE + "str" and _encodable(node.value):
            return str(node.value)
        shown = f"the key {node.value}" if isinstance(node, yaml.ScalarNode) and _encodable(node.value) else "a key"
        self._complain(node, path, f"{shown} is not text; expected a name; put it in quotes if it is meant")
        return None

    def _complain(self, node: yaml.Node, path: Path, text: str) -> None:
        self.problems.append(Problem(_line(node), dotted(path), text))


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
