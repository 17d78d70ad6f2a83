# The same as states_kill in the states that move services: what has moved is
# finished or undone.

STATES="rolling roll-held probation committing rolling-back"
export STATES
. "${TOP:-.}/regress/e2e/states_kill_test.sh"
