from __future__ import annotations

import subprocess
import sys

import pytest

from seewhy import encoders


def test_public_names_are_sorted_and_load() -> None:
    assert encoders.__all__ == sorted(encoders.__all__) == dir(encoders)
    for name in encoders.__all__:
        assert getattr(encoders, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_encodr'"):
        getattr(encoders, "load_encodr")  # noqa: B009  the name is not there, as a checker knows


def test_listing_encoders_does_not_import_torch() -> None:
    code = (
        "import sys; from seewhy.encoders.catalogue import list_encoders; list_encoders();"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
