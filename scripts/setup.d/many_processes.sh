# For who runs all tests, which start many processes and open many databases; sourced by scripts/test and .ci/run.

# What Python compiles is kept for the next process, also where it is told not to.
unset PYTHONDONTWRITEBYTECODE

# A database is synced often, which takes no time in memory. Where there is little of it, the disk serves as well.
free_kib() {
    df -Pk /dev/shm | awk 'NR == 2 {print $4}'
    awk '/^MemAvailable/ {print $2}' /proc/meminfo
}
if [ -z "${TMPDIR:-}" ] && [ -d /dev/shm ] && [ -r /proc/meminfo ] &&
    [ "$(free_kib | sort -n | head -n 1)" -gt 4000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/vibes-test-XXXXXX)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi
