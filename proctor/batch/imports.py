"""Libraries and `__init__` modules that are not imported, to keep the start of our commands and workers short."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from typing import Any

COSTLY = ("rfc3987_syntax", "rfc3986_validator", "isoduration")
"""Optional libraries that cost time to import, one of them a second, and that nothing here uses.

jsonschema takes them, where they are installed, to check the format of web addresses, for whose international
form it compiles a grammar when it is imported, and of durations. Notebooks have no such fields.
"""


def leave_out() -> None:
    """Let the costly libraries look as if they were not installed, in this process, unless they are in use."""
    modules: dict[str, Any] = sys.modules
    for name in COSTLY:
        modules.setdefault(name, None)


def spare_init(name: str) -> None:
    """Let the modules of a package be imported without its own `__init__`, unless that was imported before.

    nbgrader's loads its server extensions, and with them all of its commands and of nbconvert: a second for who
    wants the gradebook. It is run when somebody asks the package for a name that is none of its modules. The version
    is answered without it: nbgrader's commands ask for it while they are imported, which can be on behalf of a server
    extension, and its `__init__` would then import that extension a second time, half made as it is.
    """
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    module, loader = importlib.util.module_from_spec(spec), spec.loader

    def run_init(attribute: str) -> Any:
        if importlib.util.find_spec(f"{name}.{attribute}"):
            raise AttributeError(attribute)  # the import statement that asks goes on to the module
        if attribute == "__version__":
            return importlib.metadata.version(name)
        del vars(module)["__getattr__"]
        loader.exec_module(module)
        return getattr(module, attribute)

    vars(module)["__getattr__"] = run_init
    sys.modules[name] = module
