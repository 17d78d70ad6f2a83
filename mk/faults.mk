# The fault harness: kills each process at each message and each step on the
# disk, and looks at what is left.  FAULTS=N points, spread over all.
FAULTS ?=	300
FAULT_JOBS ?=	4

faults: deps
	@MAKE="${MAKE}" PYTHON="${PYTHON}" sh regress/faults/faults.sh \
	    -j ${FAULT_JOBS} -n ${FAULTS}

.PHONY: faults

# Kills of supervisor and parent under load, output and pids looked at.
ENDURE_SUPERVISORS ?=	1000
ENDURE_PARENTS ?=	100

endure: deps
	@${MAKE} stage
	@${PYTHON} regress/faults/endure -s ${ENDURE_SUPERVISORS} \
	    -p ${ENDURE_PARENTS}

.PHONY: endure

# The power is cut at every step on the disk of an upgrade; POWERLOSS=N of the
# disks that may be left are started on, 0 all.
POWERLOSS ?=	0

powerloss: deps
	@${MAKE} stage regress-programs
	@${PYTHON} regress/faults/powerloss -j ${FAULT_JOBS} -n ${POWERLOSS}

.PHONY: powerloss
