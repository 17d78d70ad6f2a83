# Completion of lavavisorctl for the ksh(1) of OpenBSD: a list for each place on
# the line.  To be read by ~/.kshrc; lists are made when it is read, so read it
# again when services have been added.

set -A complete_lavavisorctl_1 -- $(lavavisorctl complete '')
set -A complete_lavavisorctl_2 -- $(
	for word in show upgrade nodes start; do
		lavavisorctl complete "$word" ''
	done)
set -A complete_lavavisorctl_3 -- $(lavavisorctl complete show services ''
	lavavisorctl complete wait all '')
set -A complete_lavavisorctl -- $(lavavisorctl complete '')
