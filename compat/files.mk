COMPAT_SRCS_linux =	compat/linux/cgroup.c \
			compat/linux/closefrom.c \
			compat/linux/drained.c \
			compat/linux/fifo.c \
			compat/linux/file_reserve.c \
			compat/linux/fork_light.c \
			compat/linux/heap.c \
			compat/linux/ibuf.c \
			compat/linux/imsg.c \
			compat/linux/memory.c \
			compat/linux/msgbuf.c \
			compat/linux/notify.c \
			compat/linux/no_dump.c \
			compat/linux/no_network.c \
			compat/linux/no_new_privs.c \
			compat/linux/oom_kills.c \
			compat/linux/oom_score.c \
			compat/linux/own_proc.c \
			compat/linux/own_program.c \
			compat/linux/process.c
COMPAT_SRCS_openbsd =	compat/openbsd/cgroup.c \
			compat/openbsd/drained.c \
			compat/openbsd/fifo.c \
			compat/openbsd/file_reserve.c \
			compat/openbsd/fork_light.c \
			compat/openbsd/heap.c \
			compat/openbsd/memory.c \
			compat/openbsd/notify.c \
			compat/openbsd/no_dump.c \
			compat/openbsd/no_network.c \
			compat/openbsd/no_new_privs.c \
			compat/openbsd/oom_kills.c \
			compat/openbsd/oom_score.c \
			compat/openbsd/own_program.c \
			compat/openbsd/process.c
COMPAT_SRCS =	${COMPAT_SRCS_${OS_NAME}}
