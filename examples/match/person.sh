#!/bin/sh
# The person commits to the embedding of a picture, and shows that two of them match.
# usage: person.sh embed NAME PICTURE.json REQUEST.json FOLDER    a picture as `hushproof input` writes one
#        person.sh match NAME OTHER REQUEST.json FOLDER
# Makes person/NAME.proof.json and what belongs to it; what NAME.opening.json holds stays with the person.
set -eu
hushproof=${HUSHPROOF:-hushproof}
kind=$1 name=$2 given=$3 request=$4
[ "$kind" != embed ] || given=$(cd "$(dirname "$given")" && pwd)/$(basename "$given")
cd "$5"
mkdir -p person
case $kind in
embed)
    "$hushproof" prove publisher/embedding.hush --input "$given" --request "$request" --srs publisher/model.srs \
        --vk publisher/embedding.vk -o "person/$name.proof.json" --output-opening "person/$name.opening.json" \
        --output-commitment "person/$name.commitment.json"
    ;;
match)
    "$hushproof" prove publisher/match.hush --opening "person/$name.opening.json" --opening "person/$given.opening.json" \
        --request "$request" --srs publisher/model.srs --vk publisher/match.vk -o "person/$name-$given.proof.json"
    ;;
*)
    sed -n 's/^# //p' "$0" >&2
    exit 2
    ;;
esac
