"""Files of Home Assistant's storage that are written before it starts."""

from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

from .processes import LOCALHOST


def store(folder: Path, key: str, version: int, minor_version: int, data: dict[str, Any]) -> None:
    """Write a file of the storage in Home Assistant's folder, with the version of its form."""
    storage = folder / ".storage"
    storage.mkdir(exist_ok=True)
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content), encoding="utf-8")


def store_http(folder: Path, port: int) -> None:
    """Let Home Assistant's web server listen on this machine only, on a port, or on any where that is 0.

    Since 2026 these settings are in the storage; in YAML they would wait for somebody to confirm them on every page.
    """
    http = {
        "server_host": [LOCALHOST],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    store(folder, "http", 2, 2, {"stable": http, "pending": None, "yaml_migration_done": True})
