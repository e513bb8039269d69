from __future__ import annotations

import copy
import hashlib

import pytest
import torch
from torch import nn

from seewhy.encoders.digests import digest_module, digest_texts


def make_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))


def digest_by_definition(module: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().numpy().tobytes())
    return digest.hexdigest()


def test_matches_the_definition() -> None:
    module = make_network()
    assert digest_module(module) == digest_by_definition(module)


def test_copies_have_one_digest() -> None:
    module = make_network()
    assert digest_module(copy.deepcopy(module)) == digest_module(module)


def add_to_one_weight(module: nn.Module) -> None:
    with torch.no_grad():
        module[0].weight[1, 2] += 1e-6  # type: ignore[index,operator]


def add_behind_autograd(module: nn.Module) -> None:
    module[0].weight.data[1, 2] += 1e-6  # type: ignore[index,operator]


def swap_behind_autograd(module: nn.Module) -> None:
    module[0].weight.data.copy_(module[0].weight.data.flip(1))  # type: ignore[index,operator]


def change_a_buffer(module: nn.Module) -> None:
    module[1].running_mean.add_(1)  # type: ignore[index,operator]


def replace_a_layer(module: nn.Module) -> None:
    module[2] = nn.Linear(5, 2)  # type: ignore[index,operator]


def halve_the_precision(module: nn.Module) -> None:
    module.half()


@pytest.mark.parametrize(
    "change",
    [
        add_to_one_weight,
        add_behind_autograd,
        swap_behind_autograd,
        change_a_buffer,
        replace_a_layer,
        halve_the_precision,
    ],
)
def test_a_change_after_the_first_digest_is_seen(change) -> None:
    module = make_network()
    before = digest_module(module)
    assert digest_module(module) == before
    change(module)
    assert digest_module(module) != before


@pytest.mark.parametrize("size", [1, 7, 8, 1023, 1024, 5000, 20_001])
def test_two_weights_that_change_places_behind_autograd_are_seen(size: int) -> None:
    module = nn.ParameterList([torch.arange(size + 1.0)])
    before = digest_module(module)
    data = module[0].data
    data[0], data[size] = data[size].clone(), data[0].clone()
    assert digest_module(module) != before


def test_a_change_that_is_taken_back_gives_the_old_digest() -> None:
    module = make_network()
    before = digest_module(module)
    add_to_one_weight(module)
    module.load_state_dict(make_network().state_dict())
    assert digest_module(module) == before


def test_skipped_weights_do_not_count() -> None:
    module = make_network()
    before = digest_module(module, skip=("0.",))
    add_to_one_weight(module)
    assert digest_module(module, skip=("0.",)) == before
    assert digest_module(module, skip=("2.",)) != before


def test_tensors_that_start_anywhere_in_memory_can_be_read() -> None:
    storage = torch.arange(40, dtype=torch.uint8)
    module = nn.Module()
    module.register_buffer("odd", storage[3:30])
    module.register_buffer("none", torch.zeros(0))
    module.register_buffer("flag", torch.tensor(True))
    assert digest_module(module) == digest_by_definition(module)


def test_texts_do_not_run_together() -> None:
    assert digest_texts("ab", "c") != digest_texts("a", "bc")
