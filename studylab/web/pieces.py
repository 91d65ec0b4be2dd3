"""How templates are drawn: shared names, no indentation, and pieces of pages that are drawn once and kept."""

from __future__ import annotations

import io
import re
from collections.abc import Hashable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from flask import current_app
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from studylab.once import once
from vango.actors.told import fit

KEPT = 20_000
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
SHORT = 200


class Written(CodeGenerator):
    """Templates as Python that calls functions as they are, and shows a value with one call.

    Jinja asks at each call whether the function wants the template's context, and makes a text object for each value.
    Both together are a quarter of the time of a panel. No function of these templates wants the context.
    """

    def visit_Call(  # noqa: N802 - Jinja calls it so
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """Write a call."""
        self.visit(node.node, frame)
        outside, self.stream = self.stream, io.StringIO()
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        arguments, self.stream = self.stream.getvalue(), outside
        self.write(f"({arguments.removeprefix(', ')})")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.show(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


class Templates(Environment):
    """Templates that share one plain dictionary of global names, show values with `show`, and lose their indentation.

    Jinja's own chain of two is asked for each of a hundred names at every import, a fifth of the time of a panel.
    """

    code_generator_class = Written

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ready = once(super().get_template)
        self.finalize = shown
        self.trim_blocks = self.lstrip_blocks = True

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return a template. One that cannot have changed on the disk is not looked up again."""
        if self.auto_reload or globals is not None or isinstance(name, Template):
            return super().get_template(name, parent, globals)
        return self._ready(name)

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Return a template's text with one space for the indentation of each line; only its readers need more."""
        return _INDENTATION.sub(" ", super().preprocess(source, name, filename))

    @staticmethod
    def show(value: Any) -> str:
        """Return what a template shows of a value: its text, escaped, without what no page can show."""
        kind = type(value)
        if kind is Markup:
            return value  # type: ignore[no-any-return]
        if kind is int:
            return str(value)
        if kind is str and len(value) < SHORT:
            return _short(value)
        return escape(shown(value))

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the global names of a template, with its own if it has any."""
        return {**self.globals, **d} if d else self.globals


def shown(value: Any) -> Any:
    """Return a value with what no page can show written as escapes. Markup is made of such text."""
    return fit(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=KEPT)
def _short(text: str) -> Markup:
    return escape(fit(text))


def kept(template: str, **values: Hashable) -> Markup:
    """Return a template drawn from these values only. The pieces not used for longest are forgotten."""
    return _drawn(template, tuple(values.items()))


def kept_each(template: str, name: str, values: Iterable[Hashable], **shared: Hashable) -> Markup:
    """Return what a template makes of each of many values, given under that name, one piece a line; see `kept`."""
    rest = tuple(shared.items())
    return Markup("\n".join([_drawn(template, ((name, value), *rest)) for value in values]))  # noqa: S704 - pieces


def arguments_of(named: Mapping[str, Hashable]) -> tuple[tuple[str, Hashable], ...]:
    """Return named arguments as a piece takes them."""
    return tuple(named.items())


@lru_cache(maxsize=KEPT)
def _drawn(template: str, values: tuple[tuple[str, Hashable], ...]) -> Markup:
    # A template escapes its values automatically.
    return Markup(current_app.jinja_env.get_template(template).render(dict(values)).strip())  # noqa: S704
