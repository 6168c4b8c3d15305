"""Adds grants to the IAM policy on standard input, and says which of them it lacked.

    gcloud projects get-iam-policy PROJECT --format=json |
        python3 -m deploy.policy FILE ROLE MEMBER [ROLE MEMBER]...

The policy with all of the grants goes to FILE, for `set-iam-policy`: one look and one change for
each resource, whatever the number of its grants. The policy carries an etag, so nothing is changed
if somebody else has changed it meanwhile. Needs nothing but Python.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.help import answer_help

Grant = tuple[str, str]


def lacking(policy: dict[str, Any], grants: Iterable[Grant]) -> list[Grant]:
    """Those of `grants`, each a role and a member, that `policy` does not make."""
    made = {
        (binding["role"], member)
        for binding in policy.get("bindings", [])
        if "condition" not in binding
        for member in binding.get("members", [])
    }
    return [grant for grant in grants if grant not in made]


def extended(policy: dict[str, Any], grants: Iterable[Grant]) -> dict[str, Any]:
    """The policy with the grants too, unconditionally, and with all that it had."""
    bindings = [dict(binding) for binding in policy.get("bindings", [])]
    for role, member in grants:
        # One binding for a role, as IAM itself keeps them.
        own = (each for each in bindings if each["role"] == role and "condition" not in each)
        if binding := next(own, None):
            binding["members"] = [*binding["members"], member]
        else:
            bindings.append({"role": role, "members": [member]})
    return policy | {"bindings": bindings}


def main() -> None:
    answer_help(__doc__)
    file, *words = sys.argv[1:]
    policy = json.load(sys.stdin)
    missing = lacking(policy, zip(words[::2], words[1::2], strict=True))
    Path(file).write_text(json.dumps(extended(policy, missing)), encoding="utf-8")
    for role, member in missing:
        print(role, member)


if __name__ == "__main__":
    main()
