#!/bin/sh
# The hospital asks for a self-check of a record that the clinic signed, and verifies what comes.
# usage: hospital.sh ask FOLDER
#        hospital.sh verify PROOF FOLDER    exit status 0 when all of it holds, 1 when it does not
set -eu
here=$(cd "$(dirname "$0")" && pwd)
hushproof=${HUSHPROOF:-hushproof}
case $1 in
ask)
    mkdir -p "$2/hospital"
    cd "$2"
    schema=$("$hushproof" schema check "$here/schema.json" --json | sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/')
    "$hushproof" request new --vk publisher/model.vk --audience hospital.example --purpose "the self-check before your visit" \
        --ttl 3600 --issuer clinic.example --schema "$schema" -o hospital/request.json
    ;;
verify)
    proof=$2
    cd "$3"
    "$hushproof" verify publisher/model.vk "$proof" --request hospital/request.json --issuer-keys clinic/clinics.json \
        --manifest publisher/manifest.jws --publisher-keys publisher/publishers.json
    ;;
*)
    echo "usage: hospital.sh ask FOLDER | verify PROOF FOLDER" >&2
    exit 2
    ;;
esac
