#!/bin/sh
# A mail engine of nothing but curl: asks the helper, shows the newest message of the INBOX, and with --send sends one.
# HELPER, SITE_KEY and IDENTIFIER come from the environment. Secrets go to curl by standard input: what is on a
# command line can be seen by every user of the machine.
set -eu

answer=$(
	printf 'header = "Authorization: Bearer %s"\n' "$SITE_KEY" |
		curl --silent --show-error --config - --retry 5 --fail-with-body \
			--header 'Content-Type: application/json' \
			--data "{\"identifier\":\"$IDENTIFIER\"}" \
			"$HELPER/api/v1/resolve"
) || { printf '%s\n' "$answer" >&2; exit 1; }

# The values hold no quotes: tokens are base64url, hosts and mailboxes are plain.
field() { printf '%s' "$answer" | sed -n "s/.*$1.*/\1/p"; }
of() { field "\"$1\":{[^}]*\"$2\":\"\{0,1\}\([^\",}]*\)"; }
token=$(field '"access_token":"\([^"]*\)"')
mailbox=$(field '"mailbox":"\([^"]*\)"')

# mail_curl <protocol> <URL scheme> <path> [options of curl]
mail_curl() {
	protocol=$1 scheme=$2 path=$3
	shift 3
	printf 'user = "%s:"\noauth2-bearer = "%s"\nlogin-options = "AUTH=XOAUTH2"\n' "$(of "$protocol" user)" "$token" |
		curl --silent --show-error --ssl-reqd --config - \
			--url "$scheme://$(of "$protocol" host):$(of "$protocol" port)/$path" "$@"
}

mail_curl imap imaps '' --request 'EXAMINE INBOX'
mail_curl imap imaps 'INBOX;MAILINDEX=*;SECTION=HEADER.FIELDS%20(SUBJECT)' || echo 'No message yet.'

if [ "${1-}" = --send ]; then
	scheme=smtp
	if [ "$(of smtp security)" = tls ]; then scheme=smtps; fi
	message=$(mktemp)
	trap 'rm -f "$message"' EXIT
	printf 'From: %s\r\nTo: %s\r\nSubject: Hello from curl\r\n\r\nHello\r\n' "$mailbox" "$mailbox" >"$message"
	mail_curl smtp "$scheme" '' --mail-from "$mailbox" --mail-rcpt "$mailbox" --upload-file "$message"
	echo sent
fi
