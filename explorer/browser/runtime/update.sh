#!/usr/bin/env bash
# Fetches onnxruntime-web (MIT, Microsoft) from npm: the scripts that run a network, and their WebAssembly, gzipped because
# Gradio's server does not compress .wasm. ort.*: on the CPU, in every browser; gpu.*: on WebGPU, which asks for a browser
# that can suspend WebAssembly (JSPI). Run it with another version to update; commit what it writes.
set -eu
cd "$(dirname "$0")"
version=${1:-1.30.0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "onnxruntime-web@$version" && tar xzf ./*.tgz)
dist="$work/package/dist"
cp "$dist/ort.wasm.bundle.min.mjs" ort.mjs
cp "$dist/ort.jspi.bundle.min.mjs" gpu.mjs
gzip --best --no-name --stdout "$dist/ort-wasm-simd-threaded.wasm" > ort.wasm.gz
gzip --best --no-name --stdout "$dist/ort-wasm-simd-threaded.jspi.wasm" > gpu.wasm.gz
echo "onnxruntime-web $version, from npm; ort.wasm.bundle and ort-wasm-simd-threaded, ort.jspi.bundle and ort-wasm-simd-threaded.jspi. Written by update.sh." > VERSION
