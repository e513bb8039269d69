"""What all tests share: the slow switch and the folder of goldens and real data."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SEEWHY_SHARED", REPOSITORY.parent / "shared"))

settings.register_profile("house", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("house")

TEXT_WORDS = """a the dog dogs cat cats two red bus on in of sofa beach street runs running sleep
    man with surfboard board white black and is ##s ##ing sea by over there""".split()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="also run tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--runslow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with --runslow"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data; skips where a machine does not have it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set SEEWHY_SHARED)")
    return folder


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny text encoder on disk, with random weights, as transformers would save a real one."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TEXT_WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=32)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=48,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def work_as_one_of_two(rank: int, works: Sequence[Callable[[], object]], ports: list[int]) -> None:
    """Do each work in the surroundings that torchrun gives a process."""
    import torch
    from accelerate.state import AcceleratorState

    torch.set_num_threads(1)
    for work, port in zip(works, ports, strict=True):
        AcceleratorState._reset_state(reset_partial_state=True)  # the parent's came with the fork
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        work()


@pytest.fixture(scope="session")
def work_by_two() -> Callable[[Sequence[Callable[[], object]]], None]:
    """Lets two processes do works together, one after another, as under torchrun.

    They are forks, which start at once with all that is imported.
    """

    def run(works: Sequence[Callable[[], object]]) -> None:
        from torch.multiprocessing.spawn import start_processes

        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in works]
        ports = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            one.close()
        start_processes(work_as_one_of_two, (works, ports), nprocs=2, start_method="fork")

    return run
