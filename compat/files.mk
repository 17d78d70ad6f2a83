COMPAT_SRCS_linux =	compat/linux/imsg.c compat/linux/ibuf.c \
			compat/linux/msgbuf.c
COMPAT_SRCS_openbsd =
COMPAT_SRCS =	${COMPAT_SRCS_${OS_NAME}}
