"""Reads the layers of the settings, each overriding the ones before: `pamps/default.toml`, `settings.toml`
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
    """Merge the layers into one dict of sections. Raises SettingsError for a file that cannot be read or that
    has an unknown table."""
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
    """Raise SettingsError for problems that Dynaconf ignores: unreadable files and unknown tables."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"{file.name} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # including invalid UTF-8
        raise SettingsError(f"{file.name} is not valid TOML: {error}") from None
    _refuse_unknown(file, "", tables, {"default", *ENVIRONMENTS})
    for name, sections in tables.items():
        if isinstance(sections, dict):
            _refuse_unknown(file, f"{name}.", sections, Settings.model_fields.keys() - {"env"})


def _refuse_unknown(file: Path, prefix: str, tables: dict[str, Any], known: set[str]) -> None:
    """Raise SettingsError for a name that is not a known table. Ignores case and `dynaconf_merge`, like
    Dynaconf itself."""
    for name, table in tables.items():
        if name.lower() == "dynaconf_merge":
            continue
        # repr, because a quoted name may contain anything, including line breaks.
        if name.lower() not in known:
            raise SettingsError(
                f"{file.name}: unknown table {prefix + name!r}; expected {', '.join(sorted(known))}"
            )
        if not isinstance(table, dict):
            raise SettingsError(f"{file.name}: {prefix + name!r} should be a table")


def _restore_text(sections: dict[str, Any]) -> None:
    """Restore the text of environment variables that Dynaconf parsed as a number or a boolean: a secret of
    digits has to stay text, and Pydantic parses numbers where the schema has them."""
    for variable, text in os.environ.items():
        section, _, name = variable.removeprefix("PAMPS_").lower().partition("__")
        values = sections.get(section)
        if variable.startswith("PAMPS_") and isinstance(values, dict):
            name = next((key for key in values if key.lower() == name), name)
            if isinstance(values.get(name), int | float):
                values[name] = text
