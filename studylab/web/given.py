"""The content of a request, read with care: it may be anything."""

from __future__ import annotations

from typing import Any

from flask import request

from vango.actors.errors import BadInput
from vango.actors.told import Unreadable, read_object


def fields() -> dict[str, Any]:
    """Return the fields of the form or of the JSON object in the request. Raises `BadInput`.

    An empty field in a form means: unchanged.
    """
    if not request.is_json:
        return {name: value for name, value in request.form.items() if value != ""}
    try:
        return read_object(request.get_data())
    except Unreadable as error:
        raise BadInput(
            f"The body is not a JSON object: {error} Send the arguments as one, such as "
            '{"route": "shop", "to": "alloc-c"}.'
        ) from error
