"""What makes two values the same: a text that is equal only for equal values, in this process and in the next.

Constants are written out, and arrays and tables are hashed. Any other object is taken apart as `pickle` would do
it. A name is not an identity: a function or class is known by its name only if importing that name gives this
very object, else by its code and all that it holds. An object without a value to compare by is refused.

>>> import re
>>> import numpy as np
>>> text_of({"C": 1.0, "kernel": "rbf"}), text_of(len)
("{'C': 1.0, 'kernel': 'rbf'}", 'builtins.len')
>>> text_of(lambda x: x + 1) == text_of(lambda x: x + 1), text_of(lambda x: x + 1) == text_of(lambda x: x + 2)
(True, False)
>>> text_of(re.compile("a").findall) == text_of(re.compile("b").findall)
False
>>> digest(np.arange(3)) == digest(np.arange(3)), digest(np.arange(3)) == digest(np.arange(4))
(True, False)
>>> text_of(object())
Traceback (most recent call last):
hpsklearn_search.trials._identity.NotComparable: ... of type object has no value to compare by
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import chain, zip_longest
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from .._secret_names import is_secret_name
from .._texts import argument_names, hidden, is_secret, is_secret_pair
from ..space._nodes import Apply, Choice, Constant, Parameter
from ..space._scipy import RvsDistribution, ScipyDistribution

CONSTANTS = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
# Ufuncs of older versions of numpy and scipy have no __module__, and in newer ones it need not be the public one.
UFUNC_MODULES = ("numpy", "scipy.special")
# Attributes that depend on how a class or function was made, and not on what it does.
INCIDENTAL = {
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__annotate__",
    "__annotate_func__", "__annotations_cache__", "__firstlineno__", "__static_attributes__", "__abstractmethods__",
    "__slotnames__", "_abc_impl", "_sklearn_version",
}  # fmt: skip

_first_texts: WeakKeyDictionary[FunctionType, str] = WeakKeyDictionary()


class NotComparable(TypeError):
    """A value that cannot be told from another one."""


def text_of(value: Any, *, at_first_sight: bool = False, secrets: Collection[str] = ()) -> str:
    """A text that is the same only for the same value; `NotComparable` if there is none."""
    # A function may write into what it holds, such as a list of its calls. With `at_first_sight`, which is for
    # save files, a function object therefore keeps the text that it had when it was first described.
    try:
        return _Description(at_first_sight, secrets).text(value)
    except NotComparable:
        raise
    except Exception as error:  # objects of others may raise anything when they are taken apart
        raise NotComparable(f"a value of type {type(value).__name__} has no value to compare by: {error}") from error


class _Description:
    """One text in the making."""

    def __init__(self, at_first_sight: bool = False, secrets: Collection[str] = ()) -> None:
        self.at_first_sight = at_first_sight
        self.secrets = secrets  # labels of choices whose options are secrets
        self.expressions: dict[int, int] = {}  # an expression of a space is written out once, then referred to
        self.parents: list[int] = []  # ids of the objects that are being described: one of them again is a cycle

    def text(self, value: Any) -> str:
        kind = type(value)
        if kind in CONSTANTS:
            return repr(value)
        if isinstance(value, Parameter | Choice | Apply | Constant):
            return self.node(value)
        if isinstance(value, np.generic):
            return f"{value.dtype}({value.item()!r})"
        if kind in (np.ndarray, np.memmap) or sparse.issparse(value) or _is_table(value):
            return digest(value)
        if id(value) in self.parents:
            return f"<cycle {len(self.parents) - self.parents.index(id(value))}>"
        with self.inside(value):
            return self.compound(value)

    @contextmanager
    def inside(self, value: Any) -> Iterator[None]:
        self.parents.append(id(value))
        try:
            yield
        finally:
            self.parents.pop()

    def compound(self, value: Any) -> str:
        kind = type(value)
        if kind is dict:
            return "{" + ", ".join(f"{self.text(k)}: {self.entry(k, v)}" for k, v in value.items()) + "}"
        if self.at_first_sight and is_secret_pair(value):  # also an item of an OrderedDict, as pickle passes it
            return f"tuple({self.text(value[0])}, {self.entry(*value)})"
        if kind in (list, tuple):
            if set(map(type, value)) <= set(CONSTANTS):  # the same text, sooner
                return f"{kind.__name__}({', '.join(map(repr, value))})"
            return f"{kind.__name__}({self.items(value)})"
        if kind in (set, frozenset):
            # The order of a set depends on the process.
            return f"{kind.__name__}({', '.join(sorted(map(self.text, value)))})"
        if kind is functools.partial:
            args = self.sequence(value.args, argument_names(value.func))
            return f"partial({self.text(value.func)}, {args}, {self.text(value.keywords)})"
        if kind is MethodType:
            name = value.__func__.__name__
            function = name if getattr(value.__self__, name, None) == value else value.__func__
            return f"method({self.text(function)}, {self.text(value.__self__)})"
        if kind is CodeType:
            return self.code(value)
        name = None if _is_plain_object(value) else import_name(value)
        if name is not None:
            return name
        if kind is FunctionType:
            return self.function(value)
        return self.class_(value) if isinstance(value, type) else self.object(value)

    def items(self, values: Iterable[Any]) -> str:
        return ", ".join(map(self.text, values))

    def named(self, values: Mapping[Any, Any]) -> str:
        found = sorted((str(name), value) for name, value in values.items() if name not in INCIDENTAL)
        return ", ".join(f"{name}={self.entry(name, value)}" for name, value in found)

    def sequence(self, values: Sequence[Any], names: Sequence[str]) -> str:
        """A tuple or list whose values have names, such as those of arguments; the last ones may have none."""
        with self.inside(values):
            return f"{type(values).__name__}({self.fields(values, names)})"

    def fields(self, values: Sequence[Any], names: Sequence[str]) -> str:
        pairs = zip_longest(names[: len(values)], values, fillvalue="")
        return ", ".join(self.entry(name, value) for name, value in pairs)

    def entry(self, name: Any, value: Any) -> str:
        """The text of a value that has a name; in a save file, a hash of it if that is the name of a secret."""
        text = self.text(value)
        return hidden(text) if self.at_first_sight and is_secret(name, value) else text

    # ------------------------------------------------------------------ functions and classes
    def function(self, function: FunctionType) -> str:
        if not self.at_first_sight:
            return self.function_now(function)
        if function not in _first_texts:
            _first_texts[function] = self.function_now(function)
        return _first_texts[function]

    def function_now(self, function: FunctionType) -> str:
        code, defaults = function.__code__, function.__defaults__
        held = [cell.cell_contents if _is_filled(cell) else ... for cell in function.__closure__ or ()]
        parts = [
            self.items([function.__module__, code]),
            "None" if defaults is None else self.sequence(defaults, _names_of_defaults(code, defaults)),
            self.text(function.__kwdefaults__),
            self.sequence(held, code.co_freevars),
            self.named(vars(function)),
            self.foreign_globals(function),
        ]
        return f"function({', '.join(parts)})"

    def foreign_globals(self, function: FunctionType) -> str:
        """The global names that a function made by `exec`, or unpickled in a worker, may look up."""
        module = sys.modules.get(function.__module__ or "")
        if module is not None and function.__globals__ is vars(module):
            return ""
        names = [name for name in _global_names(function.__code__) if name in function.__globals__]
        return self.named({name: function.__globals__[name] for name in names})

    def code(self, code: CodeType) -> str:
        counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
        names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
        steps = hashlib.sha256(code.co_code + getattr(code, "co_exceptiontable", b"")).hexdigest()[:32]
        constants = self.items(code.co_consts)
        if self.at_first_sight and _mentions_secret(code):
            constants = hidden(constants)
        return f"code({steps}, {counts}, {names}, {constants})"

    def class_(self, kind: type) -> str:
        return f"class({kind.__qualname__!r}, {self.items(kind.__bases__)}, {self.named(vars(kind))})"

    # ------------------------------------------------------------------ everything else
    def object(self, value: Any) -> str:
        kind = type(value)
        if isinstance(value, ModuleType):
            return f"module {value.__name__}"
        if value is np.random.mtrand._rand:
            return "numpy.random"
        if kind in (staticmethod, classmethod, property):
            names = ("__func__", "fget", "fset", "fdel")
            return f"{kind.__name__}({self.items(getattr(value, name, None) for name in names)})"
        function, args, state, *items = self.reduced(value)
        made = self.text(args[0]) if function is copyreg.__newobj__ else self.text(function)  # type: ignore[attr-defined]
        args = args[1:] if function is copyreg.__newobj__ else args  # type: ignore[attr-defined]
        # Only secrets in save files are known by their names, and to look names up takes time and memory.
        parts = [self.fields(args, _names_of_parts(value, function) if args and self.at_first_sight else ())]
        if state is not None:
            parts.append(self.named(state) if type(state) is dict else self.text(state))
        parts += [self.items(item) for item in items if item is not None]
        return f"{made}({'; '.join(filter(None, parts))})"

    def reduced(self, value: Any) -> list[Any]:
        """What pickle makes an object of: a function, its arguments, a state, items of a list and of a dict."""
        kind = type(value)
        message = f"{_shown(value)} of type {kind.__name__} has no value to compare by"
        try:
            reduce = copyreg.dispatch_table.get(kind)
            found = value.__reduce_ex__(4) if reduce is None else reduce(value)
        except Exception as error:
            raise NotComparable(f"{message}: {error}") from error
        # An object() stands for itself alone, and a text is the name of what importing does not find.
        if kind is object or isinstance(found, str):
            raise NotComparable(message)
        return [*found, *[None] * (5 - len(found))][:5]

    def node(self, node: Any) -> str:
        if isinstance(node, Parameter):
            if isinstance(node.distribution, ScipyDistribution | RvsDistribution):
                foreign = next(part for part in vars(node.distribution).values() if hasattr(part, "rvs"))
                return f"{node!r} of {self.text(foreign)}"
            return repr(node)
        if isinstance(node, Choice):
            options = self.text(node.options)
            if self.at_first_sight and (node.label in self.secrets or is_secret_name(node.label)):
                options = hidden(options)
            return f"Choice({node.label!r}, {node.distribution!r}, {options})"
        if isinstance(node, Constant):
            return f"Constant({self.text(node.value)})"
        if id(node) in self.expressions:
            return f"Apply({self.expressions[id(node)]})"
        self.expressions[id(node)] = len(self.expressions)
        return f"Apply({self.text(node.function)}, {self.text(node.args)}, {self.text(node.kwargs)})"


def import_name(thing: Any) -> str | None:
    """The dotted name under which importing gives this very object, None if it has none."""
    qualname = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
    if not isinstance(qualname, str) or isinstance(thing, ModuleType):
        return None
    modules = UFUNC_MODULES if isinstance(thing, np.ufunc) else (getattr(thing, "__module__", None),)
    for module in modules:
        found: Any = sys.modules.get(module) if isinstance(module, str) else None
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if found is thing:
            return f"{module}.{qualname}"
    return None


def _is_plain_object(value: Any) -> bool:
    """Whether pickle stores attributes of `value`, and not its name: it may have a name and a state."""
    kind = type(value)
    is_default = all(getattr(kind, name) is getattr(object, name) for name in ("__reduce_ex__", "__reduce__"))
    return is_default and not issubclass(kind, type | FunctionType | np.ufunc) and hasattr(value, "__dict__")


def _names_of_parts(value: Any, function: Any) -> Sequence[str]:
    """What the arguments are called with which pickle makes an object."""
    if isinstance(value, Enum):
        return [value.name]
    if isinstance(value, tuple):
        return getattr(type(value), "_fields", ())
    if function is copyreg.__newobj__:  # type: ignore[attr-defined]
        return argument_names(type(value).__new__)[1:]  # without the class
    return argument_names(function)


def _is_table(value: Any) -> bool:
    parts = ("columns", "shape", "dtypes")
    return not isinstance(value, type) and all(hasattr(value, part) for part in parts)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _names_of_defaults(code: CodeType, defaults: Sequence[Any]) -> Sequence[str]:
    names = code.co_varnames[: code.co_argcount]
    return names[len(names) - len(defaults) :]


def _mentions_secret(code: CodeType) -> bool:
    """Whether a variable, an attribute, a keyword or a key in the code is named like a secret."""
    names = [*code.co_names, *code.co_varnames]
    for constant in code.co_consts:  # keywords and keys are constants, alone or in tuples
        names += constant if type(constant) is tuple else [constant]
    return any(map(is_secret_name, names))


def _global_names(code: CodeType) -> set[str]:
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return set(code.co_names).union(*map(_global_names, inner))


def _shown(value: Any) -> str:
    try:
        return repr(value)[:100]
    except Exception:
        return "a value"


def digest(data: Any) -> str:
    """Type, shape and hash of an array, a sparse matrix or a table."""
    sha = hashlib.sha256()
    for piece in _pieces(data):
        sha.update(piece)
    return f"{type(data).__name__} of shape {data.shape}, sha256 {sha.hexdigest()[:32]}"


def _pieces(data: Any) -> Iterator[Any]:
    """The bytes of `data`, without a copy where its memory is contiguous."""
    if isinstance(data, np.ndarray):
        return _pieces_of_array(data)
    if sparse.issparse(data):
        rows = data.tocsr()
        parts = (np.asarray(part) for part in (rows.data, rows.indices, rows.indptr))
        return chain.from_iterable(map(_pieces_of_array, parts))
    index = getattr(data, "index", None)  # polars has none
    columns = (_pieces_of_column(data, name) for name in data.columns)
    return chain([encoded(text_of(index))], chain.from_iterable(columns))


def _pieces_of_column(table: Any, name: Any) -> Iterator[Any]:
    column = table[name]
    if len(column.shape) > 1:  # several columns have this name
        return iter([encoded(_Description().compound(column))])
    # The type of a column contains the categories that its codes stand for.
    head = f"{name!r} {text_of(column.dtype)}"
    return chain([encoded(head)], _pieces_of_array(np.asarray(column)))


def _pieces_of_array(data: np.ndarray[Any, Any]) -> Iterator[Any]:
    """Its type and shape, then its memory, or the text of each item where that holds no more than references."""
    yield f"{data.dtype.descr if data.dtype.names else data.dtype.str}{data.shape}".encode()
    if data.dtype.hasobject or data.dtype.kind in "mMT":
        yield from (encoded(text_of(item)) for item in data.ravel().tolist())
    elif data.flags.c_contiguous:
        yield np.asarray(data).reshape(-1).view(np.uint8)
    else:
        yield from (np.ascontiguousarray(row).reshape(-1).view(np.uint8) for row in np.atleast_1d(data))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
