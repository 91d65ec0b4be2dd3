"""How templates are drawn: the short way shows what Jinja's own would."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment
from markupsafe import Markup

from studylab.web import pieces, present

ODD = ("plain", "<b>&'\"", "\u202e", "a\nb", "x" * 1000 + "<", Markup("<i>"), 7, 2.5, True, None, ("<",), Path("<"))
TEMPLATE = """{% macro twice(value, end="") %}{{ value }}{{ value }}{{ end }}{% endmacro %}
{% macro around() %}[{{ caller() }}]{% endmacro %}
{% for one in values %}{{ one }}{{ twice(one, end="<") }}{% call around() %}{{ one }}{{ loop.cycle("a", "b") }}
{% endcall %}{{ "%s" | format(one) }}{{ missing }}{% endfor %}{{ range(2) | join }}{{ "<" }}"""


@pytest.mark.parametrize("autoescape", [True, False])
def test_a_template_shows_what_it_would_without_short_cuts(autoescape: bool) -> None:
    ours = pieces.Templates(Flask(__name__), autoescape=autoescape)
    theirs = Environment(autoescape=autoescape, finalize=pieces.shown, trim_blocks=True, lstrip_blocks=True)
    drawn = [each.from_string(TEMPLATE).render(values=ODD) for each in (ours, theirs)]
    assert drawn[0] == drawn[1]


def test_no_function_of_the_templates_wants_their_context() -> None:
    app = Flask(__name__)
    present.register(app)
    with app.test_request_context():
        asking = [name for name, found in app.jinja_env.globals.items() if hasattr(found, "jinja_pass_arg")]
    assert asking == []
