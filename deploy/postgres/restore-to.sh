#!/bin/sh
# restore-to.sh FOLDER ARCHIVE MOMENT DATA: makes a data directory DATA out of the copies in FOLDER (base-backup.sh) and the
# pieces in ARCHIVE (archive.sh). A server started on it holds what had been committed by MOMENT ('2026-11-29 10:15:00+08'),
# nothing later, and then accepts changes.
set -eu
folder=$1 archive=$(realpath "$2") moment=$3 data=$4
stamp=$(date -u -d "$moment" +%Y%m%dT%H%M%SZ)
chain=$(ls "$folder" | grep 'Z-' | awk -v stamp="$stamp" -v folder="$folder" '
  $0 < stamp { if (/-full$/) chain = ""; chain = chain folder "/" $0 "\n" }
  END { printf "%s", chain }')
[ -n "$chain" ] || { echo "no copy in $folder was complete before $moment" >&2; exit 1; }
echo "$chain" | tr '\n' '\0' | xargs -0 pg_combinebackup --output="$data"
quoted=$(printf %s "$archive" | sed "s/'/''/g")
cat >>"$data/postgresql.auto.conf" <<CONF
restore_command = 'gzip -dc "$quoted/%f.gz" >"%p"'
recovery_target_time = '$(date -u -d "$moment" '+%Y-%m-%d %H:%M:%S.%6N+00')'
recovery_target_action = promote
CONF
touch "$data/recovery.signal"
