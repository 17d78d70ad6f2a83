PROTOCOL_CONFIG_TEST_OBJS =	regress/unit/protocol_config_test.o
REGRESS_OBJS +=	regress/unit/protocol_config_test.o
UNIT_TESTS +=	regress/bin/protocol_config_test

regress/bin/protocol_config_test: ${PROTOCOL_CONFIG_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${PROTOCOL_CONFIG_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_YAML} -lcmocka ${OS_LIBS}
