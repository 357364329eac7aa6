"""Values as Go writes them: in JSON (protojson and encoding/json) and as text.

Numbers of a protobuf `Value` are doubles, whatever they were before: integers beyond 2**53 lose
digits, and 1.0 is written as 1.
"""

import json
from decimal import Decimal
from typing import Any

from tests.kfp_backend.errors import BackendError

# protobuf-go writes a blank after each comma or none: a coin that each build of a binary throws
# once (internal/detrand), so that nobody relies on the bytes. Here it is thrown by the caller.
COMPACT = ","
SPACED = ", "


def plain_number(value: float) -> str:
    """strconv.FormatFloat(value, 'f', -1, 64): never an exponent."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def json_number(value: float) -> str:
    """encoding/json (floatEncoder) and protojson (appendFloat): an exponent when it is long."""
    number = float(value)
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return plain_number(number)
    mantissa, _, exponent = repr(number).partition("e")
    if not exponent:
        mantissa, _, exponent = f"{number:e}".partition("e")
        mantissa = plain_number(float(mantissa))
    sign, digits = exponent[0], exponent.lstrip("+-").lstrip("0")
    if sign not in "+-":
        sign, digits = "+", exponent
    return f"{mantissa.removesuffix('.0')}e{sign}{digits.zfill(1 if sign == '-' else 2)}"


def protojson(value: Any, comma: str = SPACED) -> str:
    """google.golang.org/protobuf/encoding/protojson.Marshal, for values whose maps are sorted."""
    return _json(value, comma)


def marshal(value: Any) -> str:
    """encoding/json.Marshal of a structpb list or struct: sorted, compact, safe inside HTML."""
    text = _json(sorted_maps(value), COMPACT)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def sorted_maps(value: Any) -> Any:
    """Protobuf maps are written in the order of their keys."""
    if isinstance(value, dict):
        return {key: sorted_maps(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [sorted_maps(item) for item in value]
    return value


def _json(value: Any, comma: str) -> str:
    if isinstance(value, dict):
        pairs = (f"{_string(key)}:{_json(item, comma)}" for key, item in value.items())
        return "{" + comma.join(pairs) + "}"
    if isinstance(value, list):
        return "[" + comma.join(_json(item, comma) for item in value) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json_number(value)
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def to_text(value: Any) -> str:
    """metadata/converter.go: PbValueToText."""
    return "" if value is None else as_placeholder(value)


def as_placeholder(value: Any) -> str:
    """component/launcher_v2.go: getPlaceholders, the text that stands for an input parameter.

    Raises:
        TypeError: The value is null.
    """
    if value is None:
        raise TypeError("unknown PipelineSpec Value type *structpb.Value_NullValue")
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return plain_number(value)
    return marshal(value)


def as_argument(value: Any) -> str:
    """driver/util.go: pbValueToString, the text that stands for it in a command of 2.17."""
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if abs(number) < 2**63 and number == int(number):
            return str(int(number))
        return shortest(number, 1e6)
    return as_placeholder(value)


def shortest(number: float, limit: float = 1e21) -> str:
    """fmt's %v and, with the limit 1e6, %g: an exponent below 1e-4 and from the limit on."""
    if number == 0 or 1e-4 <= abs(number) < limit:
        return plain_number(number)
    mantissa, _, exponent = f"{Decimal(repr(number)):e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].zfill(2)}"


def from_text(text: str, kind: str) -> Any:
    """metadata/converter.go: TextToPbValue, an output parameter read from its file.

    Raises:
        BackendError: The text is no value of that type.
    """
    try:
        if kind == "STRING":
            return text
        if kind == "NUMBER_INTEGER":
            return _integer(text.strip())
        if kind == "NUMBER_DOUBLE":
            return float(text.strip())
        if kind == "BOOLEAN":
            return _BOOLEANS[text.strip()]
        value = json.loads(text)
        if isinstance(value, {"LIST": list, "STRUCT": dict}[kind]):
            return value
        raise ValueError("unexpected type")
    except (ValueError, KeyError) as error:
        raise BackendError(
            f"TextToPbValue(text={_string(text)}, type={kind}) failed: {error}"
        ) from None


def _integer(text: str) -> int:
    """strconv.ParseInt(text, 10, 0)."""
    if "_" in text or not -(2**63) <= int(text) < 2**63:
        raise ValueError(f"parsing {text!r}")
    return int(text)


# strconv.ParseBool.
_BOOLEANS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
