"""How Dataflow holds a launch's parameters against the metadata of a template's spec."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Beam options that Google documents as parameters of any template, declared or not.
PIPELINE_OPTIONS = frozenset({"sdk_container_image"})


def violations(
    metadata: Mapping[str, Any], parameters: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """`InvalidTemplateParameters.ParameterViolation`s in their REST form, each naming its own."""
    declared = {parameter["name"]: parameter for parameter in metadata["parameters"]}
    for name in sorted(parameters.keys() - declared.keys() - PIPELINE_OPTIONS):
        yield {"parameter": name, "description": "Unrecognized parameter"}
    for name, parameter in declared.items():
        if name in parameters:
            yield from _value_violations(parameter, parameters[name])
        elif not parameter.get("isOptional", False):
            yield {"parameter": name, "description": "Missing required parameter"}


def _value_violations(parameter: Mapping[str, Any], value: str) -> Iterator[dict[str, str]]:
    name = parameter["name"]
    for regex in parameter.get("regexes", ()):
        if not re.search(regex, value):
            yield {"parameter": name, "description": f"Parameter didn't match regex '{regex}'"}
    options = [option["value"] for option in parameter.get("enumOptions", ())]
    if options and value not in options:
        yield {"parameter": name, "description": f"Parameter is none of {', '.join(options)}"}
