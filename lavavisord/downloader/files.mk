DOWNLOADER_SRCS =	common/no_connect.c lavavisord/downloader/fetch.c \
		lavavisord/downloader/main.c lavavisord/downloader/redirect.c \
		lavavisord/downloader/resume.c
DOWNLOADER_LIBS =	${LIB_EVENT} ${LIB_CURL} ${LIB_SSL} ${LIB_CRYPTO}
