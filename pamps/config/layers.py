"""Reads the layers of the settings, each winning over the one before: `pamps/default.toml`, `settings.toml`
and `.secrets.toml` of a folder, environment variables (`PAMPS_<SECTION>__<name>`)."""

import os
import tomllib
from pathlib import Path
from typing import Any

from dynaconf import Dynaconf

from pamps.config.errors import SettingsError
from pamps.config.schema import ENVIRONMENTS, Settings

DEFAULTS = Path(__file__).parent.with_name("default.toml")


def read_layers(directory: Path, env: str) -> dict[str, Any]:
    """Merge the layers into one dict of sections; raises SettingsError for a file that cannot be read, and
    for an unknown table in it."""
    files = [directory / "settings.toml", directory / ".secrets.toml"]
    for file in files:
        _check_file(file)
    layers = Dynaconf(
        envvar_prefix="PAMPS",
        environments=True,
        env=env,
        settings_files=[str(file) for file in (DEFAULTS, *files)],
        merge_enabled=True,
        auto_cast=False,
        load_dotenv=False,
    ).as_dict(env=env)
    sections = {name: layers[name.upper()] for name in Settings.model_fields if name.upper() in layers}
    _restore_text(sections)
    return sections


def _check_file(file: Path) -> None:
    """Refuse what Dynaconf ignores: a file that cannot be read, and tables that nothing reads."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"{file.name} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # including what is not UTF-8
        raise SettingsError(f"{file.name} is not valid TOML: {error}") from None
    _refuse_unknown(file, "", tables, {"default", *ENVIRONMENTS})
    for name, sections in tables.items():
        if isinstance(sections, dict):
            _refuse_unknown(file, f"{name}.", sections, Settings.model_fields.keys() - {"env"})


def _refuse_unknown(file: Path, prefix: str, tables: dict[str, Any], known: set[str]) -> None:
    """Case does not matter, as for Dynaconf, whose own switch for merging may stand among the names."""
    for name, table in tables.items():
        if name.lower() == "dynaconf_merge":
            continue
        # repr: a name in quotes may hold anything, even the end of a line.
        if name.lower() not in known:
            raise SettingsError(
                f"{file.name}: unknown table {prefix + name!r}; expected {', '.join(sorted(known))}"
            )
        if not isinstance(table, dict):
            raise SettingsError(f"{file.name}: {prefix + name!r} should be a table")


def _restore_text(sections: dict[str, Any]) -> None:
    """Put back the text of environment variables that Dynaconf reads as a number or a boolean: a secret of
    digits is text, and Pydantic turns text into a number where the schema has one."""
    for variable, text in os.environ.items():
        section, _, name = variable.removeprefix("PAMPS_").lower().partition("__")
        values = sections.get(section)
        if variable.startswith("PAMPS_") and isinstance(values, dict):
            name = next((key for key in values if key.lower() == name), name)
            if isinstance(values.get(name), int | float):
                values[name] = text
