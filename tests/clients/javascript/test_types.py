"""`tsc` lets right uses of the package through, and refuses wrong ones."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.javascript.conftest import PACKAGE

RIGHT = """
import { check, createClient, InvalidEventError, type Event, type Status } from "@aegis/client";
import { connect, serve } from "@aegis/client/bridge";
import { createFakeClient } from "@aegis/client/fake";
import { googleIdToken } from "@aegis/client/google";

const google = googleIdToken({ clientId: "id", interactive: true });
const client = createClient({
  endpoint: "https://example.org/v1/events",
  credentials: google,
  defaults: async () => ({ user_id: await google.subject() }),
  bounds: { maxEvents: 10 },
  whenFull: "drop_oldest",
  onRefused: ({ event, errors }) => console.log(event.signal_type, errors[0]?.code),
});
serve(client, { pages: ["https://example.org"] });
const id: string = await client.record({
  signal_type: "page_view",
  timestamp: new Date(),
  event_details: { url: "https://example.org", anything: [1, { nested: null }] },
});
const status: Status = await connect().status();
const fake = createFakeClient();
const first: Event | undefined = fake.events[0];
const [error] = check({ signal_type: id });
if (error) throw new InvalidEventError([error]);
console.log(status.problem?.message, first);
"""
WRONG = {
    "no_signal_type": "client.record({});",
    "nothing": "client.record(null);",
    "misspelt_field": 'client.record({ signal_typ: "page_view" });',
    "number_for_text": "client.record({ signal_type: 5 });",
    "text_for_number": 'client.record({ signal_type: "a", confidence: "high" });',
    "function_in_details": 'client.record({ signal_type: "a", event_details: { f: () => 1 } });',
    "number_for_time": 'client.record({ signal_type: "a", timestamp: Date.now() });',
    "number_for_url": 'client.record({ signal_type: "a", event_details: { url: 5 } });',
    "unknown_version": 'client.record({ signal_type: "a", schema_version: 999 });',
    "no_endpoint": 'createClient({ credentials: "key" });',
    "credentials_as_object": "createClient({ endpoint, credentials: { key: 1 } });",
    "unknown_policy": 'createClient({ endpoint, whenFull: "drop_newest" });',
    "status_is_a_promise": "client.status().queued;",
    "status_is_read_only": "(await client.status()).queued = 0;",
    "unknown_method": "client.send({});",
    "retry_without_event": "client.retry(5);",
}
PREAMBLE = """
import { createClient } from "@aegis/client";
const endpoint = "https://example.org/v1/events";
const client = createClient({ endpoint });
"""


@pytest.fixture(scope="module")
def complaints(
    node: str, development_tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What tsc says of each file, in one run over all."""
    folder = tmp_path_factory.mktemp("uses")
    (folder / "node_modules" / "@aegis").mkdir(parents=True)
    (folder / "node_modules" / "@aegis" / "client").symlink_to(PACKAGE)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "right.ts").write_text(RIGHT)
    for name, use in WRONG.items():
        (folder / f"{name}.ts").write_text(f"{PREAMBLE}{use}\nexport {{}};\n")
    tsc = development_tools / "typescript" / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", ""]
    command = [node, str(tsc), *options, *(path.name for path in sorted(folder.glob("*.ts")))]
    finished = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    found = re.findall(r"^(\w+)\.ts\(.*?\): error (TS\d+: .*)$", finished.stdout, re.MULTILINE)
    return dict(found)


def test_right_uses_are_let_through(complaints: dict[str, str]) -> None:
    assert complaints  # the compiler did run
    assert "right" not in complaints, complaints["right"]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_use_is_refused(complaints: dict[str, str], name: str) -> None:
    assert name in complaints
