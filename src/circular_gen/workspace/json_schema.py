"""The workspace's files as JSON Schema, so that an editor completes and checks them.

In: which file. Out: the schema as a dict of plain values; every key stands in it twice, in English and in Chinese, with
what it means in both languages (see `keys`).
"""

from typing import Any, Literal

from pydantic import TypeAdapter

from circular_gen.workspace.circular import CircularText
from circular_gen.workspace.keys import SECTIONS
from circular_gen.workspace.lists import Source
from circular_gen.workspace.office import Office
from circular_gen.workspace.recipients import Registry

_ROOTS: dict[str, TypeAdapter[Any]] = {
    "circular": TypeAdapter(CircularText),
    "office": TypeAdapter(Office),
    "recipients": TypeAdapter(Registry),
}


def schema(document: Literal["circular", "office", "recipients"] = "circular") -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of circulars/NAME.yaml, office.yaml or recipients.yaml."""
    plain = _ROOTS[document].json_schema(by_alias=True)
    if document == "recipients":  # units may stand here, or in a list of their own
        plain["$defs"]["Source"] = TypeAdapter(Source).json_schema(by_alias=True)
        plain["properties"]["units"] = {"anyOf": [plain["properties"]["units"], {"$ref": "#/$defs/Source"}]}
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_bilingual(plain)}
    if "$defs" in plain:
        made["$defs"] = {name: _bilingual(part) for name, part in plain["$defs"].items()}
    return made


def _bilingual(part: dict[str, Any]) -> dict[str, Any]:
    """A mapping's schema with both spellings of its keys; other schemas as they are."""
    keys = SECTIONS.get(part.get("title", ""))
    if keys is None or "properties" not in part:
        return part
    properties: dict[str, Any] = {}
    alternatives: list[dict[str, Any]] = []
    for name, key in keys.items():
        if name not in part["properties"]:  # pragma: no cover (a test holds the table and the models together)
            continue
        own = {word: value for word, value in part["properties"][name].items() if word != "title"}
        if own.get("default", "") is None:
            del own["default"]
        if name not in part.get("required", ()):
            own = {"anyOf": [own, {"type": "null"}]}
        for spelling in key.spellings:
            other = key.chinese[0] if spelling == name else name
            properties[spelling] = {**own, "description": f"{key.zh}\n{key.en}（{other}）"}
        if name in part.get("required", ()):
            alternatives.append({"anyOf": [{"required": [spelling]} for spelling in key.spellings]})
        for first, *others in (key.spellings[place:] for place in range(len(key.spellings) - 1)):
            alternatives += [{"not": {"required": [first, other]}} for other in others]
    made = {word: value for word, value in part.items() if word not in ("properties", "required", "$defs")}
    return {**made, "properties": properties, "allOf": alternatives}
