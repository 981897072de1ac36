#!/usr/bin/env bash
# Trains on a lent GPU for a few minutes, going on from what the last time left, and measures its speed.
#
#   tools/gpu.sh pack                  at home: puts what a bare machine lacks into .gpu, and refuses to carry too much
#   tools/gpu.sh OUT [SECONDS]         there: all of it within SECONDS [540]; OUT gets a few files of at most 15 MB
#   tools/gpu.sh keep OUT              at home: puts the runs that came back into .gpu/runs, for the next time
#
# All that travels is the working tree and .gpu, which git ignores: wheels, runs, the commit. Nothing is downloaded
# there; python3 has to bring PyTorch and what else is in requirements.txt, but the packages below and Gradio.
#
# GPU_RUNS     a line a run, trained in this order: its name, and what `python -m trainer train` is told
# GPU_SPEED    what `python -m benchmarks.gpu_speed` is told; empty: nothing is measured
# GPU_RESERVE  seconds left for keeping and evaluating [60]
# GPU_PART     bytes a file that comes back [15000000]
# GPU_PYTHON   the Python there, which `pack` fetches wheels for [3.12]
# PYTHON       the interpreter here [python3]
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
LACKS='dicebear-core|dicebear-schema|dicebear-styles|resvg-py|jsonschema|jsonschema-specifications|referencing|rpds-py'
LACKS+='|lightning-fabric'
MOST=60000000 # bytes that may travel
PART=${GPU_PART:-15000000} # bytes a file that comes back
FACES='avatars-128 --preset avatars-stylegan-128 --start-from starts/avatars-stylegan-128 --d-first 2 --save-kimg 100'

pack() {
    local wanted bytes
    mkdir -p .gpu/wheels
    rm -f .gpu/wheels/*
    wanted=$(grep -oE "^($LACKS)==[^ ]+" requirements.lock)
    # shellcheck disable=SC2086
    "$PYTHON" -m pip download --quiet --no-deps --only-binary=:all: --implementation cp \
        --python-version "${GPU_PYTHON:-3.12}" --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --dest .gpu/wheels $wanted
    git describe --always --dirty --abbrev=12 >.gpu/commit
    bytes=$({ git ls-files -z --cached --others --exclude-standard; find .gpu -type f -print0; } |
        xargs -0 stat --format=%s 2>/dev/null | awk '{ sum += $1 } END { print sum }') || true # some may not be there
    echo "$((bytes / 1000000)) MB would travel, $(du -sb .gpu | awk '{ print int($1 / 1e6) }') MB of them in .gpu."
    ((bytes <= MOST)) || {
        echo "error: more than $((MOST / 1000000)) MB. Take what a training does not need out of the working tree:"
        echo "  git sparse-checkout set --no-cone '/*' '!/recordings/*' '!/checkpoints/*' /checkpoints/avatars-stylegan/"
        echo "and put it back with: git sparse-checkout disable"
        exit 1
    } >&2
}

train() {
    local out=$1 end=$2 reserve=${GPU_RESERVE:-60} site name words
    if compgen -G '.gpu/wheels/*.whl' >/dev/null; then
        site=$(mktemp -d)
        "$PYTHON" -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir --target "$site" \
            .gpu/wheels/*.whl
        export PYTHONPATH=$site
    fi
    export PYTHONUNBUFFERED=1 CUBLAS_WORKSPACE_CONFIG=:4096:8 # without the latter cuBLAS is not deterministic
    mkdir -p .gpu/runs
    cp .gpu/commit "$out" 2>/dev/null || true
    if [ -n "${GPU_SPEED=--seconds 60}" ]; then
        # shellcheck disable=SC2086
        within $((end / 3)) -m benchmarks.gpu_speed --out "$out" $GPU_SPEED
    fi
    while read -r name words; do
        # shellcheck disable=SC2086
        within $((end - reserve - SECONDS)) -m trainer train --run "$name" --runs .gpu/runs $words
    done <<<"${GPU_RUNS:-$FACES}"
    # A snapshot is a checkpoint; the earlier ones, each with a state of its own, stay behind.
    tar --create --directory .gpu --exclude='runs/*/snapshots/[0-9]*' runs |
        split --bytes "$PART" --suffix-length 1 --numeric-suffixes - "$out/kept.tar."
    while read -r name words; do
        [ -f ".gpu/runs/$name/reference.safetensors" ] || continue
        within $((end - SECONDS - 5)) -m trainer evaluate "$name" --runs .gpu/runs --no-card --json >"$out/$name.json"
        [ -s "$out/$name.json" ] || rm "$out/$name.json"
    done <<<"${GPU_RUNS:-$FACES}"
    echo "$SECONDS of $end seconds: $(cd "$out" && du --bytes --separate-dirs -- * | awk '{ printf "%s (%d) ", $2, $1 }')"
}

# Python with these words, for so many seconds. TERM reaches it alone (--foreground) and once: the trainer saves and ends.
within() {
    local seconds=$1 status=0
    shift
    if ((seconds < 1)); then
        echo "no time left for $2 ${3:-}" >&2
        return
    fi
    timeout --foreground --kill-after=20 "$seconds" "$PYTHON" "$@" </dev/null || status=$?
    case $status in
        0) ;;
        124) echo "$2 ${3:-}: its $seconds seconds are over" >&2 ;;
        *) echo "$2 ${3:-} ended with status $status" >&2 ;;
    esac
}

keep() {
    mkdir -p .gpu
    cat "$1"/kept.tar.* | tar --extract --directory .gpu
    echo "Kept: $(cd .gpu/runs && echo *). To publish one: $PYTHON -m trainer publish NAME --runs .gpu/runs --as NAME"
}

case ${1:-} in
    pack) pack ;;
    keep) keep "${2:?"tools/gpu.sh keep OUT: the folder with kept.tar.0 is missing"}" ;;
    '') sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" ;;
    *)
        mkdir -p "$1"
        rm -f "$1"/kept.tar.*
        train "$1" "${2:-540}" 2>&1 | tee "$1/gpu.log"
        ;;
esac
