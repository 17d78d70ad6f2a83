COMMON_SRCS_linux =	common/sandbox_linux.c common/sandbox_linux_calls.c \
			common/sandbox_linux_landlock.c \
			common/sandbox_linux_seccomp.c
COMMON_SRCS_openbsd =	common/sandbox_openbsd.c
COMMON_SRCS =	common/atomic_file.c \
		common/channel.c \
		common/curl_handed.c \
		common/fault.c \
		common/file_lock.c \
		common/hex.c \
		common/log.c \
		common/match.c \
		common/message.c \
		common/message_fields.c \
		common/protocol_config.c \
		common/room.c \
		common/semver.c \
		common/service_name.c \
		common/url.c \
		common/utf8.c \
		common/words.c \
		common/yaml_tree.c \
		${COMMON_SRCS_${OS_NAME}}
