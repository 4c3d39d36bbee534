#!/bin/sh
# The publisher compiles a model for the clinic's records, and signs what it is made of.
# usage: publisher.sh MODELS FOLDER    the project's models; where publisher/ is made
set -eu
here=$(cd "$(dirname "$0")" && pwd)
hushproof=${HUSHPROOF:-hushproof}
models=$1
mkdir -p "$2/publisher"
cd "$2/publisher"
onnx=$models/breast_cancer_logreg.onnx
rows=$models/breast_cancer_calibration.json

# For anything real take a ceremony's SRS (hushproof srs import): whoever makes one could forge proofs.
"$hushproof" srs new -k 8 -o model.srs
"$hushproof" compile "$onnx" --calibration "$rows" --schema "$here/schema.json" -o model.hush --srs model.srs
"$hushproof" attest key -o publisher.jwk --public publishers.json
"$hushproof" manifest sign "$onnx" --model model.hush --vk model.vk --calibration "$rows" --schema "$here/schema.json" \
    --key publisher.jwk --issuer models.example -o manifest.jws
