"""Packaging of Pamps; tool settings live in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def read_requirements() -> list[str]:
    """The direct requirements, without the reasons beside them."""
    lines = (HERE / "requirements.in").read_text(encoding="utf-8").splitlines()
    return [name for line in lines if (name := line.split("#")[0].strip())]


def read_version() -> str:
    """The version, which `pamps/__init__.py` owns."""
    source = (HERE / "pamps" / "__init__.py").read_text(encoding="utf-8")
    return source.split('__version__ = "')[1].split('"')[0]


setup(
    name="pamps",
    version=read_version(),
    description="A microblog server that starts with one command and serves a community for years",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    # The migrations live at the top of the repository, where Alembic's users look for them;
    # inside the wheel they are pamps/migrations, so that an installed Pamps can migrate.
    packages=[
        *find_packages(include=["pamps", "pamps.*"]),
        "pamps.migrations",
        "pamps.migrations.versions",
    ],
    package_dir={"pamps.migrations": "migrations"},
    package_data={
        "pamps": ["default.toml", "py.typed", "security/common_passwords.txt", "web/pages/*"],
        "pamps.migrations": ["script.py.mako"],
    },
    install_requires=read_requirements(),
    extras_require={"shell": ["ipython"]},
    entry_points={"console_scripts": ["pamps = pamps.cli:main"]},
)
