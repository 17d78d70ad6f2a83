COMPAT_SRCS_linux =	compat/linux/imsg.c compat/linux/ibuf.c \
			compat/linux/msgbuf.c compat/linux/process.c \
			compat/linux/fifo.c compat/linux/memory.c
COMPAT_SRCS_openbsd =	compat/openbsd/process.c compat/openbsd/fifo.c compat/openbsd/memory.c
COMPAT_SRCS =	${COMPAT_SRCS_${OS_NAME}}
