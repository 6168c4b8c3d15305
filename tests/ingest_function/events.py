"""Valid events, to be sent as they are or spoilt."""

from datetime import UTC, datetime
from typing import Any


def event(**fields: Any) -> dict[str, Any]:
    return {
        "user_id": "user-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome_extension",
        **fields,
    }
