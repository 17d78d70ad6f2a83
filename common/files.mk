COMMON_SRCS =	common/channel.c common/curl_handed.c common/hex.c \
		common/log.c \
		common/message.c common/message_fields.c common/room.c common/url.c \
		common/sandbox_${OS_NAME}.c
