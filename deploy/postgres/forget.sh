#!/bin/sh
# forget.sh FOLDER ARCHIVE KEEP: deletes all but the newest KEEP full copies in FOLDER, with the incremental ones that build on
# them, and the pieces in ARCHIVE that only the deleted ones need.
set -eu
folder=$1 archive=$2 keep=$3
[ "$keep" -ge 1 ]
oldest=$(ls "$folder" | grep 'Z-full$' | tail -n "$keep" | head -n 1)
[ -n "$oldest" ]
ls "$folder" | grep 'Z-' | while read -r copy; do
  [ "$copy" != "$oldest" ] || break
  rm -rf "${folder:?}/$copy"
done
first=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "$folder/$oldest/backup_label")
pg_archivecleanup -x .gz "$archive" "$first"
