"""Finds in a syntax tree what a file uses of the API, under whatever names it imports it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

ROOTS = ("chainlit", "gateway")
"""The packages whose names are looked for."""
BY_NAME = frozenset({"stream_token", "set_commands"})
"""Methods that are known by their name alone, on whatever they are called."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a file uses the API."""

    line: int
    written: str
    """The name as the file has it: ``cl.Message``."""
    path: str
    """The module, a colon, and the names from there on; ``()`` stands for a call: ``chainlit:Message().send``."""
    is_call: bool = False
    is_set: bool = False
    """Whether something is assigned to the name."""
    keywords: Mapping[str, object] = field(default_factory=dict[str, object])
    """The keywords of a call, each with its value where that is a constant, else None."""
    key: object = None
    """The first argument of a call, or the key in brackets, where that is a constant."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a file uses, and the modules it imports that may be files beside it."""

    uses: tuple[Use, ...]
    imports: frozenset[str]


def find(tree: ast.Module, exported: Mapping[str, object]) -> Names:
    """Return what a file uses of the API.

    ``exported``: the names that a star import of one of ``ROOTS`` brings.
    """
    finder = _Finder(tuple(exported))
    finder.visit(tree)
    return Names(tuple(finder.uses), frozenset(finder.imports))


class _Finder(ast.NodeVisitor):
    """Walks a file in order. Names are followed per function: a parameter or an assignment hides what the file imported
    under that name."""

    def __init__(self, exported: tuple[str, ...]) -> None:
        self.uses: list[Use] = []
        self.imports: set[str] = set()
        self._exported = exported
        self._scopes: list[dict[str, str | None]] = [{}]

    # -- imports

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            root = each.name.partition(".")[0]
            if root not in ROOTS:
                self.imports.add(each.name)
                self._scopes[-1][each.asname or root] = None
                continue
            self.uses.append(Use(node.lineno, each.name, f"{each.name}:"))
            self._scopes[-1][each.asname or root] = f"{each.name}:" if each.asname else f"{root}:"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level or module.partition(".")[0] not in ROOTS:
            dots = "." * node.level
            self.imports.add(dots + module)
            self.imports.update(f"{dots}{module}.{each.name}" if module else dots + each.name for each in node.names)
            for each in node.names:
                self._scopes[-1][each.asname or each.name] = None
            return
        for each in node.names:
            if each.name == "*":
                self.uses.append(Use(node.lineno, module, f"{module}:"))
                self._scopes[-1].update({name: f"{module}:{name}" for name in self._exported})
                continue
            path = f"{module}:{each.name}"
            self.uses.append(Use(node.lineno, f"{module}.{each.name}", path))
            self._scopes[-1][each.asname or each.name] = path

    # -- scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(*node.decorator_list, *node.args.defaults, *(each for each in node.args.kw_defaults if each))
        if node.returns is not None:
            self.visit(node.returns)
        self._scopes[-1][node.name] = None
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        scope: dict[str, str | None] = {}
        for argument in arguments:
            path = None
            if argument.annotation is not None:
                self.visit(argument.annotation)
                path = self._path(argument.annotation)
            scope[argument.arg] = f"{path}()" if path is not None else None
        scope.update({each.arg: None for each in (node.args.vararg, node.args.kwarg) if each is not None})
        self._scopes.append(scope)
        self._visit_all(*node.body)
        self._scopes.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scopes.append({each.arg: None for each in (*node.args.posonlyargs, *node.args.args)})
        self.visit(node.body)
        self._scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scopes[-1][node.name] = None
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        path = self._path(node.value)
        for target in node.targets:
            self._bind(target, path)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self._bind(node.target, self._path(node.value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self._path(node.value))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._bind(node.target, None)
        self._visit_all(*node.body, *node.orelse)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit_For(node)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, self._path(item.context_expr))
        self._visit_all(*node.body)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.visit_With(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self._scopes[-1][node.name] = None
        self.generic_visit(node)

    def _bind(self, target: ast.expr, path: str | None) -> None:
        """Note what a name stands for from here on; a name that stood for something else stands for nothing known."""
        match target:
            case ast.Name(id=name):
                scope = self._scopes[-1]
                scope[name] = path if scope.get(name, path) == path else None
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._bind(part, None)
            case _:
                self.visit(target)

    # -- uses

    def visit_Name(self, node: ast.Name) -> None:
        path = self._path(node)
        if path is not None and isinstance(node.ctx, ast.Load) and not path.endswith((":", ")")):
            self.uses.append(Use(node.lineno, node.id, path))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node)
        if path is not None:
            written, is_set = self._written(node), not isinstance(node.ctx, ast.Load)
            self.uses.append(Use(node.end_lineno or node.lineno, written, path, is_set=is_set))
        elif node.attr in BY_NAME:
            self.uses.append(Use(node.end_lineno or node.lineno, self._written(node), f":{node.attr}"))
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        path = self._path(node.value)
        if path is not None and isinstance(node.slice, ast.Constant):
            is_set = not isinstance(node.ctx, ast.Load)
            written = f"{self._written(node.value)}[{node.slice.value!r}]"
            self.uses.append(Use(node.lineno, written, path, key=node.slice.value, is_set=is_set))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        path = self._path(node.func)
        if path is not None:
            keywords = {
                each.arg: each.value.value if isinstance(each.value, ast.Constant) else None
                for each in node.keywords
                if each.arg is not None
            }
            first = node.args[0] if node.args else None
            key = first.value if isinstance(first, ast.Constant) else None
            line = node.func.end_lineno or node.lineno
            self.uses.append(Use(line, self._written(node.func), path, True, keywords=keywords, key=key))
        self.generic_visit(node)

    def _visit_all(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)

    def _path(self, node: ast.AST) -> str | None:
        """Return what an expression stands for, where that is a part of the API."""
        match node:
            case ast.Name(id=name):
                return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)
            case ast.Attribute(value=value, attr=attr) if (path := self._path(value)) is not None:
                return f"{path}{'' if path.endswith(':') else '.'}{attr}"
            case ast.Call(func=func) if (path := self._path(func)) is not None and not path.endswith(":"):
                return f"{path}()"
            case _:
                return None

    def _written(self, node: ast.expr) -> str:
        match node:
            case ast.Attribute(value=value, attr=attr):
                return f"{self._written(value)}.{attr}"
            case ast.Call(func=func):
                return f"{self._written(func)}()"
            case ast.Name(id=name):
                return name
            case _:
                return "…"
