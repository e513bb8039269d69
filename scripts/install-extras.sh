#!/usr/bin/env bash
# Make the environment in which open_clip and timm are tested: scripts/install-extras.sh FOLDER
#
# It is apart from the main one because the registry's torchvision, which both need, does not load
# beside the CPU build of torch, and breaks transformers and accelerate where nobody asked for it.
# torch and torchvision are pinned, and torchvision comes without its dependencies: otherwise pip
# would replace torch by a build with gigabytes of CUDA packages (docs/decisions/torch-pin.md).
set -euo pipefail

folder=${1:?name the folder of the environment}
python=${PYTHON:-python3}

test -x "$folder/bin/python" || "$python" -m venv "$folder"
install() { "$folder/bin/python" -m pip --disable-pip-version-check install --quiet -c constraints.txt "$@"; }

install torch==2.13.0 -e . 'pytest>=8.3' 'pytest-timeout>=2.3' 'hypothesis>=6.120' 'sentencepiece>=0.2'
install ftfy regex tqdm pyyaml  # what open_clip and timm need besides
install --no-deps torchvision==0.28.0 'open_clip_torch>=3.2' 'timm>=1.0.15'
