COMPAT_SRCS_linux =	compat/linux/imsg.c compat/linux/ibuf.c \
			compat/linux/msgbuf.c compat/linux/process.c
COMPAT_SRCS_openbsd =	compat/openbsd/process.c
COMPAT_SRCS =	${COMPAT_SRCS_${OS_NAME}}
