"""Holds every resource here to the provider's own schema, without a provider and without a cloud.

    python deploy/terraform/check_schema.py WHEEL...

The wheels are `cdktf-cdktf-provider-google` and `-google-beta`, whose types are generated from the
providers' schemas: each attribute and block must exist, and each required one must be there. Runs
in the environment that `make check-terraform` makes, which has `hcl2`.
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2  # type: ignore[import-not-found]  # in the environment of the check only

Types = dict[str, dict[str, Any]]
FOLDER = Path(__file__).parent
# Of Terraform's language, not of a provider's resource.
LANGUAGE = {"count", "depends_on", "for_each", "lifecycle", "provider", "dynamic"}
POSITIONS = {"__start_line__", "__end_line__"}


def read_types(wheel: Path) -> Types:
    """The provider's types, by their full names; what is read of them is kept beside the wheel."""
    kept = wheel.with_suffix(".json")
    # Another version of this program may read more of them.
    if not kept.exists() or kept.stat().st_mtime < Path(__file__).stat().st_mtime:
        types = {name: _essence(described) for name, described in _unpacked(wheel).items()}
        partial = wheel.with_suffix(".partial")
        partial.write_text(json.dumps(types))
        partial.rename(kept)
    known: Types = json.loads(kept.read_text())
    return known


def _essence(described: dict[str, Any]) -> dict[str, Any]:
    """What this program reads of a type: a seventh of it."""
    properties = [
        {key: one[key] for key in ("name", "optional", "type") if key in one}
        for one in described.get("properties", [])
    ]
    return {
        "kind": described["kind"],
        "summary": described.get("docs", {}).get("summary", ""),
        "interfaces": described.get("interfaces", []),
        "properties": properties,
    }


def _unpacked(wheel: Path) -> Types:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [one for one in archive.namelist() if one.endswith(".jsii.tgz")]
        packed = archive.read(name)
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        described = package.extractfile("package/.jsii")
        assert described is not None
        types: Types = json.load(described)["types"]
    return types


def resource_types(types: Types) -> dict[tuple[str, str], str]:
    """From `google`, `google_pubsub_topic` to the interface of its configuration."""
    found = {}
    for name, described in types.items():
        match = re.search(r"/docs/resources/\S+ (google_\w+)\}", described["summary"])
        if match:
            provider = "google-beta" if "-beta" in name else "google"
            found[provider, match[1]] = f"{name}Config"
    return found


def violations(types: Types, interface: str, block: dict[str, Any], path: str) -> Iterator[str]:
    """What `block` has that the schema does not know, and lacks that it requires."""
    known = {_snake(one["name"]): one for one in _properties(types, interface)}
    given = {name: value for name, value in block.items() if name not in LANGUAGE | POSITIONS}
    for dynamic in block.get("dynamic", []):
        given |= {name: body["content"] for name, body in dynamic.items()}
    for name in given.keys() - known.keys():
        yield f"{path}.{name}: the provider has no such attribute or block"
    for name, described in known.items():
        if name not in given and not described.get("optional", False):
            yield f"{path}.{name}: required"
    for name, value in given.items():
        if name in known and (nested := _nested(types, known[name]["type"])):
            for one in value:
                if isinstance(one, dict):
                    yield from violations(types, nested, one, f"{path}.{name}")


def _properties(types: Types, interface: str) -> Iterator[dict[str, Any]]:
    described = types.get(interface, {})
    yield from described.get("properties", [])
    for base in described.get("interfaces", []):
        yield from (one for one in _properties(types, base))


def _nested(types: Types, described: dict[str, Any]) -> str | None:
    """The interface of a block, alone or in a list."""
    options = described.get("union", {}).get("types", [described])
    for option in options:
        element = option.get("collection", {}).get("elementtype", option)
        name = element.get("fqn", "")
        if types.get(name, {}).get("kind") == "interface":
            return str(name)
        if "union" in element and (found := _nested(types, element)):
            return found
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda match: f"_{match[1].lower()}", name)


def resources() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every resource of the module: its type, its name, its attributes and blocks."""
    for path in sorted(FOLDER.glob("*.tf")):
        for declared in hcl2.loads(path.read_text()).get("resource", []):
            for kind, named in declared.items():
                for name, block in named.items():
                    yield kind, name, block


def main() -> None:
    types: Types = {}
    for wheel in sys.argv[1:]:
        types |= read_types(Path(wheel))
    configurations = resource_types(types)
    faults, count = [], 0
    for kind, name, block in resources():
        if kind.strip('"') == "terraform_data":  # of Terraform itself
            continue
        count += 1
        path = f"{kind}.{name}"
        provider = block.get("provider", ["google"])[0].strip("${}")
        if (provider, kind) not in configurations:
            faults.append(f"{path}: the provider has no such resource")
            continue
        faults += violations(types, configurations[provider, kind], block, path)
    for fault in faults:
        print(fault)
    if faults:
        raise SystemExit(1)
    wheels = ", ".join(Path(wheel).name for wheel in sys.argv[1:])
    print(f"{count} resources fit the schema of {wheels}")


if __name__ == "__main__":
    main()
