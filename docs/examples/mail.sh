#!/bin/sh
# A mail engine of nothing but curl: asks the helper, shows the newest message of the INBOX, and with --send sends one.
# HELPER, SITE_KEY and IDENTIFIER come from the environment. Secrets and the identifier go to curl by standard input: what
# is on a command line can be seen by every user of the machine.
set -eu

# resolve <min_ttl>. curl itself tries again what passes: 429, 5xx and no answer.
resolve() {
	answer=$(
		printf 'header = "Authorization: Bearer %s"\ndata = "{\\"identifier\\":\\"%s\\",\\"min_ttl\\":%s}"\n' \
			"$SITE_KEY" "$IDENTIFIER" "$1" |
			curl --silent --show-error --config - --fail-with-body \
				--retry 4 --retry-connrefused --max-time 40 \
				--header 'Content-Type: application/json' \
				"$HELPER/api/v1/resolve"
	) || { printf '%s\n' "$answer" >&2; exit 1; }
	token=$(field '"access_token":"\([^"]*\)"')
	mailbox=$(field '"mailbox":"\([^"]*\)"')
	[ -n "$token" ] || { echo 'The helper does not answer as one.' >&2; exit 1; }
}

# The values hold no quotes: tokens are base64url, hosts and mailboxes are plain.
field() { printf '%s' "$answer" | sed -n "s/.*$1.*/\1/p"; }
of() { field "\"$1\":{[^}]*\"$2\":\"\{0,1\}\([^\",}]*\)"; }

# mail_curl <protocol> <URL scheme> <path> [options of curl]
mail_curl() {
	protocol=$1 scheme=$2 path=$3
	shift 3
	printf 'user = "%s:"\noauth2-bearer = "%s"\nlogin-options = "AUTH=XOAUTH2"\n' "$(of "$protocol" user)" "$token" |
		curl --silent --show-error --ssl-reqd --config - --max-time 60 \
			--url "$scheme://$(of "$protocol" host):$(of "$protocol" port)/$path" "$@"
}

# Status 67 is a refused login: once more, with a token that was just refreshed.
with_login() {
	mail_curl "$@" && return
	[ $? = 67 ] || return 1
	resolve 3000
	mail_curl "$@"
}

resolve 300
with_login imap imaps '' --request 'EXAMINE INBOX'
mail_curl imap imaps 'INBOX;MAILINDEX=*;SECTION=HEADER.FIELDS%20(SUBJECT)' || echo 'No message yet.'

if [ "${1-}" = --send ]; then
	resolve 300
	scheme=smtp
	if [ "$(of smtp security)" = tls ]; then scheme=smtps; fi
	message=$(mktemp)
	trap 'rm -f "$message"' EXIT
	printf 'From: %s\r\nTo: %s\r\nSubject: Hello from curl\r\n\r\nHello\r\n' "$mailbox" "$mailbox" >"$message"
	with_login smtp "$scheme" '' --mail-from "$mailbox" --mail-rcpt "$mailbox" --upload-file "$message"
	echo sent
fi
