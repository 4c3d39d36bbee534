#!/bin/sh
# The clinic commits to a patient's record, twice so that it can be shown twice, and signs the commitments.
# usage: clinic.sh RECORD FOLDER    the record; where clinic/ and patient/ are made
set -eu
here=$(cd "$(dirname "$0")" && pwd)
hushproof=${HUSHPROOF:-hushproof}
record=$1
mkdir -p "$2/clinic"
cd "$2"
[ -e clinic/clinic.jwk ] || "$hushproof" attest key -o clinic/clinic.jwk --public clinic/clinics.json

# N.opening.json is for the patient alone, and the commitments say nothing of the record.
"$hushproof" commit --schema "$here/schema.json" --record "$record" --count 2 -o patient
"$hushproof" attest sign --key clinic/clinic.jwk --issuer clinic.example --ttl 2592000 \
    --commitment patient/1.commitment.json patient/2.commitment.json -o patient
