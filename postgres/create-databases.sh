#!/usr/bin/env bash
# Creates the databases listed in POSTGRES_DBS, separated by commas; one that exists is left alone.
set -euo pipefail

# psql quotes the list, format() quotes each name and \gexec runs each result: any name without a comma is safe.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set names="${POSTGRES_DBS:?must list the databases to create}" <<'SQL'
SELECT format('CREATE DATABASE %I', name)
FROM (SELECT DISTINCT trim(entry) AS name FROM unnest(string_to_array(:'names', ',')) AS entry) AS wanted
WHERE name <> '' AND name NOT IN (SELECT datname FROM pg_database)
\gexec
SQL
