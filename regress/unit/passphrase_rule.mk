PASSPHRASE_RULE_TEST_OBJS =	regress/unit/passphrase_rule_test.o \
		lavavisord/passphrase_rule.o
REGRESS_OBJS +=	regress/unit/passphrase_rule_test.o
UNIT_TESTS +=	regress/bin/passphrase_rule_test

regress/bin/passphrase_rule_test: ${PASSPHRASE_RULE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${PASSPHRASE_RULE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
