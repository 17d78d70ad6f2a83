# The fault harness: kills each process at each message and each step on the
# disk, and looks at what is left.  FAULTS=N points, spread over all.
FAULTS ?=	300
FAULT_JOBS ?=	4

faults: deps
	@MAKE="${MAKE}" PYTHON="${PYTHON}" sh regress/faults/faults.sh \
	    -j ${FAULT_JOBS} -n ${FAULTS}

.PHONY: faults
