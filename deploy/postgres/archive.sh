#!/bin/sh
# archive.sh FILE COPY: PostgreSQL's archive_command, as '…/archive.sh %p …/archive/%f'. Stores a finished piece of the log of
# changes (WAL) as COPY.gz on another disk. It gets that name only once it is whole there. A piece that is there already is
# left alone; if it differs, the command fails, and PostgreSQL keeps its own.
set -eu
from=$1 to=$2.gz
if [ -e "$to" ]; then
  gzip -dc "$to" | cmp -s - "$from"
  exit
fi
gzip --fast <"$from" >"$to.part"
sync "$to.part"
mv "$to.part" "$to"
sync "$(dirname "$to")"
