#!/bin/sh
# Creates the two roles and the database of docs/deploying.md, once, as the database's administrator. The image of
# PostgreSQL runs it on a new volume; elsewhere: POSTGRES_USER=postgres OWNER_PASSWORD=… APP_PASSWORD=… sh roles.sh
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE hotline_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE hotline_app LOGIN PASSWORD :'app_password';
CREATE DATABASE hotline OWNER hotline_owner ENCODING 'UTF8' TEMPLATE template0;
SQL
