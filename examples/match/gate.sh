#!/bin/sh
# The gate keeps the commitment to an embedding once, and later lets in whoever shows a picture that matches it.
# usage: gate.sh ask NAME FOLDER                                 makes gate/NAME.embedding.json and gate/NAME.match.json
#        gate.sh enrol NAME PROOF COMMITMENT FOLDER              keeps gate/NAME.commitment.json
#        gate.sh check NAME PROOF COMMITMENT MATCH FOLDER        exit status 0 when all of it holds and the two match
set -eu
hushproof=${HUSHPROOF:-hushproof}
case $1 in
ask)
    cd "$3"
    mkdir -p gate
    for kind in embedding match; do
        "$hushproof" request new --vk "publisher/$kind.vk" --audience gate.example --purpose "is it $2?" --ttl 600 \
            -o "gate/$2.$kind.json"
    done
    ;;
enrol)
    cd "$5"
    "$hushproof" verify publisher/embedding.vk "$3" --request "gate/$2.embedding.json" --output-commitment "$4"
    cp "$4" "gate/$2.commitment.json"
    ;;
check)
    cd "$6"
    "$hushproof" verify publisher/embedding.vk "$3" --request "gate/$2.embedding.json" --output-commitment "$4"
    "$hushproof" verify publisher/match.vk "$5" --request "gate/$2.match.json" \
        --input-commitment "gate/$2.commitment.json" --input-commitment "$4" --json | tee gate/verified.json
    grep -q '"outputs":{"same":\[1.0\]}' gate/verified.json
    ;;
*)
    sed -n 's/^# //p' "$0" >&2
    exit 2
    ;;
esac
