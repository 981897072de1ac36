#!/usr/bin/env bash
# Fetches onnxruntime-web (MIT, Microsoft) from npm: the script that runs a network, and its WebAssembly, gzipped because
# Gradio's server does not compress .wasm. Run it with another version to update; commit what it writes.
set -eu
cd "$(dirname "$0")"
version=${1:-1.30.0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "onnxruntime-web@$version" && tar xzf ./*.tgz)
cp "$work/package/dist/ort.wasm.bundle.min.mjs" ort.mjs
gzip --best --no-name --stdout "$work/package/dist/ort-wasm-simd-threaded.wasm" > ort.wasm.gz
echo "onnxruntime-web $version, from npm; ort.wasm.bundle.min.mjs and ort-wasm-simd-threaded.wasm. Written by update.sh." > VERSION
