#!/bin/sh
# The publisher compiles the network that makes an embedding of a picture, and the one that compares two embeddings.
# usage: publisher.sh MODELS FOLDER    the project's models; where publisher/ is made
set -eu
hushproof=${HUSHPROOF:-hushproof}
models=$(cd "$1" && pwd)
mkdir -p "$2/publisher"
cd "$2/publisher"
schema=$models/embedding_schema.json

# For anything real take a ceremony's SRS (hushproof srs import): whoever makes one could forge proofs.
"$hushproof" srs new -k 9 -o model.srs
"$hushproof" compile "$models/digits_embedding.onnx" --calibration "$models/digits_calibration.json" \
    --output committed --output-schema "$schema" -o embedding.hush --srs model.srs
"$hushproof" compile "$models/digits_match.onnx" --calibration "$models/digits_match_calibration.json" \
    --schema "$schema" --schema "$schema" -o match.hush --srs model.srs
