CONFIG_TEST_OBJS =	regress/unit/config_test.o ${CONFIG_SRCS:.c=.o}
CONFIG_LOAD_TEST_OBJS =	regress/unit/config_load_test.o ${CONFIG_SRCS:.c=.o}
CONFIG_VALUES_TEST_OBJS = regress/unit/config_values_test.o \
			lavavisord/config_values.o
REGRESS_OBJS +=		regress/unit/config_test.o \
			regress/unit/config_load_test.o \
			regress/unit/config_values_test.o
UNIT_TESTS +=		regress/bin/config_test regress/bin/config_load_test \
			regress/bin/config_values_test
regress/bin/config_test: ${CONFIG_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CONFIG_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_YAML} -lcmocka ${OS_LIBS}
regress/bin/config_load_test: ${CONFIG_LOAD_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CONFIG_LOAD_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_YAML} -lcmocka ${OS_LIBS}
regress/bin/config_values_test: ${CONFIG_VALUES_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CONFIG_VALUES_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
