from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seewhy.encoders.mini import wrap_dual_encoder
from seewhy.errors import ShapeError
from seewhy.training import distillation
from seewhy.training.distillation import (
    DistillationWeights,
    Teacher,
    encode_for_teaching,
    imitate,
)
from seewhy.training.losses import info_nce
from seewhy.training.processes import Share


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))


@pytest.fixture
def teacher(make_task, tokenizer):
    return wrap_dual_encoder(make_task("convnet").encoder.eval(), tokenizer, name="teacher")


def make_rows(count, dim, *, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, dim, generator=generator), dim=-1)


def imitate_by_definition(students, targets):
    count = len(students)
    direction = sum(1 - float(students[i] @ targets[i]) for i in range(count)) / count
    relations = sum(
        (float(students[i] @ students[j]) - float(targets[i] @ targets[j])) ** 2
        for i in range(count)
        for j in range(count)
    )
    return direction + relations / count**2


def test_imitation_is_its_definition():
    students, targets = make_rows(5, 3), make_rows(5, 3, seed=1)
    expected = imitate_by_definition(students, targets)
    assert imitate(students, targets).item() == pytest.approx(expected, abs=1e-6)


def test_a_perfect_student_has_nothing_to_learn():
    rows = make_rows(6, 4)
    assert imitate(rows, rows).item() == pytest.approx(0, abs=1e-6)


def test_a_student_that_says_the_opposite_has_only_its_direction_wrong():
    rows = make_rows(6, 4)
    assert imitate(-rows, rows).item() == pytest.approx(2, abs=1e-6)


def test_a_student_that_confuses_two_opposite_pictures_with_one_has_its_relations_wrong():
    students, targets = torch.tensor([[1.0, 0], [1, 0]]), torch.tensor([[1.0, 0], [-1, 0]])
    assert imitate(students, targets).item() == pytest.approx(1 + 2, abs=1e-6)  # (0 + 4 + 4 + 0)/4


def test_a_student_of_another_length_is_refused():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 4\)"):
        imitate(torch.zeros(2, 3), torch.zeros(2, 4))


def test_a_teacher_says_what_it_says_without_a_cache(teacher, squares):
    expected = teacher.encode_images(list(squares.images))
    found = encode_for_teaching(teacher, squares.images, batch_size=7)
    assert found.dtype == torch.float16
    torch.testing.assert_close(found.float(), expected, atol=1e-3, rtol=0)


def test_what_a_teacher_said_is_not_computed_twice(teacher, squares, monkeypatch):
    first = encode_for_teaching(teacher, squares.images)
    monkeypatch.setattr(distillation, "preprocess_images", lambda *_: pytest.fail("again"))
    assert torch.equal(encode_for_teaching(teacher, squares.images), first)


def test_other_pictures_and_other_weights_have_files_of_their_own(
    teacher, make_task, tokenizer, squares, tmp_path
):
    encode_for_teaching(teacher, squares.images)
    encode_for_teaching(teacher, 255 - squares.images)
    module = make_task("convnet").encoder.eval()
    with torch.no_grad():
        next(module.image.parameters()).mul_(2)
    encode_for_teaching(wrap_dual_encoder(module, tokenizer, name="teacher"), squares.images)
    files = list((tmp_path / "teachers").iterdir())
    assert len(files) == 3
    assert {path.suffix for path in files} == {".safetensors"}  # nothing unfinished lies about


def test_pictures_smaller_than_a_teacher_wants_are_not_enlarged(teacher, squares, monkeypatch):
    seen = []
    small = np.ascontiguousarray(squares.images[:4, :12, :12])
    prepare = distillation.preprocess_images
    monkeypatch.setattr(
        distillation, "preprocess_images", lambda *a: seen.append(prepare(*a)) or seen[-1]
    )
    assert encode_for_teaching(teacher, small).shape == (4, teacher.dim)
    assert [tuple(pixels.shape) for pixels in seen] == [(4, 3, 12, 12)]


def test_a_teachers_losses_are_those_of_what_its_head_says():
    features = make_rows(10, 6)
    teacher = Teacher(features.half(), 4, dropout=0.0)
    students, texts = 3 * make_rows(5, 4, seed=1), make_rows(5, 4, seed=2)
    indices, groups = torch.tensor([7, 1, 3, 0, 9]), torch.tensor([0, 1, 2, 2, 4])
    losses = teacher(students, texts, indices, groups)
    rows = F.normalize(features.half().float()[indices], dim=-1) * 6**0.5
    said = F.normalize(rows @ teacher.head.weight.T + teacher.head.bias, dim=-1)
    guide = info_nce(said, texts, teacher.log_scale.exp(), groups=groups)
    torch.testing.assert_close(losses["guide"], guide)
    torch.testing.assert_close(losses["imitation"], imitate(students / 3, said), atol=1e-6, rtol=0)


def test_a_student_does_not_pull_its_teacher_towards_itself():
    teacher = Teacher(make_rows(10, 6), 4)
    students = make_rows(5, 4, seed=1).requires_grad_()
    losses = teacher(students, make_rows(5, 4, seed=2), torch.arange(5), torch.arange(5))
    losses["imitation"].backward()
    assert students.grad is not None
    assert students.grad.abs().sum() > 0
    assert teacher.head.weight.grad is None


def test_features_stay_out_of_checkpoints():
    assert set(Teacher(make_rows(10, 6), 4).state_dict()) == {
        "head.weight",
        "head.bias",
        "log_scale",
    }


def test_losses_of_a_taught_model_add_up_by_their_weights(make_task, squares):
    task = make_task("convnet")
    task.model.teacher = Teacher(
        make_rows(len(squares), 6),
        8,
        DistillationWeights(contrast=0.25, guide=2.0, imitation=3.0),
    )
    losses = task.compute_losses(task.model, 0, Share(0, 1, torch.device("cpu")))
    expected = 0.25 * losses["contrast"] + 2 * losses["guide"] + 3 * losses["imitation"]
    torch.testing.assert_close(losses["loss"], expected)
