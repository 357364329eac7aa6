"""HTML whose text is escaped unless it is HTML already."""

from html import escape

_EMPTY = frozenset({"meta", "line", "rect", "circle", "polygon", "polyline"})


class Html(str):
    """Text that is HTML and is not to be escaped."""

    __slots__ = ()


def join(*parts: object) -> Html:
    """Return the parts one after the other; all but `Html` are escaped, None is left out.

    Example:
        >>> join(Html("<br>"), "a < b")
        '<br>a &lt; b'
    """
    return Html(
        "".join(
            part if isinstance(part, Html) else escape(str(part))
            for part in parts
            if part is not None
        )
    )


def element(tag: str, /, *content: object, **attributes: object) -> Html:
    """Return an element; of its content and attributes all but `Html` is escaped.

    Args:
        tag: Its name.
        content: What is in it.
        attributes: Its attributes; an underscore at the end is dropped (`class_`), any other is a
            hyphen (`stroke_width`).

    Example:
        >>> element("td", "a < b", class_="soft")
        '<td class="soft">a &lt; b</td>'
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
    )
    if tag in _EMPTY:
        return Html(f"<{tag}{named}/>")
    return Html(f"<{tag}{named}>{join(*content)}</{tag}>")
