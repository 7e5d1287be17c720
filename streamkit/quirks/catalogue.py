"""All quirks: imports every module of the registry, so that it is complete."""

from importlib import import_module
from pkgutil import iter_modules

import streamkit.quirks
from streamkit.quirks.registry import REGISTRY, Quirk

__all__ = ["all_quirks", "quirk_named"]

TOOLS = frozenset({"registry", "tape", "catalogue"})


def all_quirks() -> tuple[Quirk, ...]:
    """Every registered quirk, in the order of the catalogue."""
    for module in iter_modules(streamkit.quirks.__path__):
        if module.name not in TOOLS:
            import_module(f"streamkit.quirks.{module.name}")
    return tuple(sorted(REGISTRY.values(), key=lambda quirk: (quirk.catalogue, quirk.id)))


def quirk_named(name: str) -> Quirk:
    """The quirk with this id.

    Raises:
        KeyError: there is none.
    """
    return {quirk.id: quirk for quirk in all_quirks()}[name]
