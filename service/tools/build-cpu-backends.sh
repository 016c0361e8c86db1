#!/usr/bin/env bash
# Replaces CPU libraries of the installed llama.cpp by the same release built with OpenMP.
#
#     service/tools/build-cpu-backends.sh [FAMILY ...]      default: those in FAMILIES
#
# The prebuilt ones start a thread for every token and spin at barriers of their own; with OpenMP a token of a 135M model took
# two thirds of the time (docs/engine.md). The sources are the ones that node-llama-cpp brings, so nothing is fetched.
# Families that are not named keep the prebuilt library. Needs git, cmake, ninja and g++; x86-64 only, elsewhere it changes
# nothing.
set -euo pipefail

# AWS sizes of today: haswell is AMD before its fourth generation (m6a), zen4 the later ones (m7a), skylakex and icelake
# Intel's third generation and before (m5, m6i), sapphirerapids the later ones (m7i).
readonly FAMILIES=(haswell skylakex icelake zen4 sapphirerapids)

root=$(cd "$(dirname "$0")/../.." && pwd)
readonly bundle=$root/node_modules/node-llama-cpp/llama/gitRelease.bundle
readonly libraries=$root/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64
if [ "$(uname -sm)" != "Linux x86_64" ] || [ ! -d "$libraries" ]; then
  echo "build-cpu-backends: only for Linux on x86-64; the prebuilt libraries stay"
  exit 0
fi
for program in git cmake ninja g++; do
  command -v "$program" >/dev/null || { echo "build-cpu-backends: $program is missing. Install it: apt-get install git cmake ninja-build g++" >&2; exit 1; }
done
families=("$@")
[ $# -gt 0 ] || families=("${FAMILIES[@]}")
for family in "${families[@]}"; do
  [ -f "$libraries/libggml-cpu-$family.so" ] || { echo "build-cpu-backends: $family is no family of this llama.cpp. Use one of: $(cd "$libraries" && echo libggml-cpu-*.so | sed 's/libggml-cpu-//g; s/\.so//g')" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -c advice.detachedHead=false clone --quiet "$bundle" "$work/source"

# GCC 12 takes the stores into the tile configuration for dead, and the first prompt ends with SIGSEGV.
amx=$work/source/ggml/src/ggml-cpu/amx/mmq.cpp
[ "$(grep -c '^ *_tile_loadconfig(&' "$amx")" -gt 0 ] || { echo "build-cpu-backends: _tile_loadconfig is not where it was: read $amx of this release" >&2; exit 1; }
sed -i 's/^\( *\)_tile_loadconfig(&\([a-z]*\));/\1__asm__ volatile("" : : "r"(\&\2) : "memory");\n&/' "$amx"

cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON \
  -DGGML_NATIVE=OFF -DGGML_CPU_ALL_VARIANTS=ON -DGGML_OPENMP=ON -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
  -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_COMMON=OFF -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON "-DCMAKE_BUILD_RPATH=\$ORIGIN" >"$work/cmake.log" ||
  { tail -20 "$work/cmake.log"; exit 1; }
grep -q '^GGML_OPENMP_ENABLED.*ON$' "$work/build/CMakeCache.txt" || { echo "build-cpu-backends: cmake found no OpenMP" >&2; exit 1; }
# The library that these are loaded beside has no version in its name.
sed -i 's/SONAME = libggml-base\.so\.[0-9]*$/SONAME = libggml-base.so/' "$work/build/build.ninja"
ninja -C "$work/build" --quiet "${families[@]/#/ggml-cpu-}" >"$work/build.log" 2>&1 || { tail -20 "$work/build.log"; exit 1; }

for family in "${families[@]}"; do
  # A new file: the old one may be loaded, or shared with another checkout.
  install -m 644 "$work/build/bin/libggml-cpu-$family.so" "$libraries/.new"
  mv -f "$libraries/.new" "$libraries/libggml-cpu-$family.so"
done
install -m 644 "$(g++ -print-file-name=libgomp.so.1)" "$libraries/libgomp.so.1"
echo "build-cpu-backends: ${families[*]} with OpenMP"
