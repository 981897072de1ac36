#!/usr/bin/env bash
# Fetches onnxruntime-web (MIT, Microsoft) from npm: the scripts that run a network, and their WebAssembly, gzipped because
# Gradio's server does not compress .wasm. ort.*: on the CPU, in every browser; gpu.*: on WebGPU, which asks for a browser
# that can suspend WebAssembly (JSPI). To update: ./update.sh VERSION INTEGRITY, the latter as said by
# `npm view onnxruntime-web@VERSION dist.integrity`; check it elsewhere, too, make both the defaults, commit what is written.
# Nothing is replaced unless all of it is there. The package has no notices of its own: those of the Python package of
# the same release, which is built from the same sources, are kept.
set -eu
cd "$(dirname "$0")"
version=${1:-1.30.0}
integrity=${2:-}
if [ "$version" = 1.30.0 ] && [ -z "$integrity" ]; then
  integrity=sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==
fi
[ -n "$integrity" ] || { echo "Say what onnxruntime-web $version must be: ./update.sh $version INTEGRITY, of \`npm view onnxruntime-web@$version dist.integrity\`." >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "onnxruntime-web@$version" > /dev/null)
found=sha512-$(openssl dgst -sha512 -binary "$work"/onnxruntime-web-*.tgz | base64 | tr -d '\n')
[ "$found" = "$integrity" ] || { echo "onnxruntime-web $version is not what was expected: its integrity is $found, expected $integrity. Nothing was changed." >&2; exit 1; }
tar xzf "$work"/onnxruntime-web-*.tgz -C "$work"
"${PYTHON:-python3}" -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "onnxruntime==$version"
"${PYTHON:-python3}" -m zipfile --extract "$work"/onnxruntime-*.whl "$work/wheel"

dist="$work/package/dist"
mkdir "$work/new"
cp "$dist/ort.wasm.bundle.min.mjs" "$work/new/ort.mjs"
cp "$dist/ort.jspi.bundle.min.mjs" "$work/new/gpu.mjs"
gzip --best --no-name --stdout "$dist/ort-wasm-simd-threaded.wasm" > "$work/new/ort.wasm.gz"
gzip --best --no-name --stdout "$dist/ort-wasm-simd-threaded.jspi.wasm" > "$work/new/gpu.wasm.gz"
cp "$work/wheel/onnxruntime/LICENSE" "$work/new/LICENSE"
tr -d '\r' < "$work/wheel/onnxruntime/ThirdPartyNotices.txt" > "$work/new/ThirdPartyNotices.txt"
cat > "$work/new/VERSION" <<END
onnxruntime-web $version, from npm; ort.wasm.bundle and ort-wasm-simd-threaded, ort.jspi.bundle and ort-wasm-simd-threaded.jspi. Written by update.sh.
npm integrity: $integrity
END
(cd "$work/new" && sha256sum ./* > SHA256SUMS)
cp "$work"/new/* .
