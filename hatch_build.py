"""Builds the console before every build of the package, including the editable one."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        spec = importlib.util.spec_from_file_location("console_build", Path(self.root) / "console" / "build.py")
        assert spec is not None
        assert spec.loader is not None
        console = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(console)
        console.build()
