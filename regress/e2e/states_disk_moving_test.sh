# The same as states_disk in the states that move services: what has moved is
# finished or undone.

STATES="rolling roll-held probation committing rolling-back"
export STATES
. "${TOP:-.}/regress/e2e/states_disk_test.sh"
