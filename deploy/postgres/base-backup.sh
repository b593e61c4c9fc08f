#!/bin/sh
# base-backup.sh FOLDER [--full]: copies the running server's files into FOLDER, what changed since the last copy or, the
# first time and with --full, everything, and verifies the copy. PGHOST, PGUSER … say which server. Weekly --full and daily
# without is usual. A copy is named for the moment at which it was complete.
set -eu
folder=$1
last=$(ls "$folder" | grep 'Z-' | tail -n 1 || true)
rm -rf "$folder/part"
if [ -z "$last" ] || [ "${2:-}" = --full ]; then
  kind=full
  pg_basebackup --checkpoint=fast --pgdata="$folder/part"
else
  kind=incremental
  pg_basebackup --checkpoint=fast --pgdata="$folder/part" --incremental="$folder/$last/backup_manifest"
fi
pg_verifybackup --quiet "$folder/part"
name=$(date -u +%Y%m%dT%H%M%SZ)-$kind
mv "$folder/part" "$folder/$name"
echo "$folder/$name"
