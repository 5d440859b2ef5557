#!/bin/sh
# A login with nothing but curl: asks the helper, then lets curl open the INBOX.
# HELPER, SITE_KEY and IDENTIFIER come from the environment. Secrets go to curl by standard input: what stands on a
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
token=$(field '"access_token":"\([^"]*\)"')
host=$(field '"imap":{"host":"\([^"]*\)"')
port=$(field '"imap":{"host":"[^"]*","port":\([0-9]*\)')
user=$(field '"imap":{"host":"[^"]*","port":[0-9]*,"user":"\([^"]*\)"')

printf 'user = "%s:"\noauth2-bearer = "%s"\nlogin-options = "AUTH=XOAUTH2"\n' "$user" "$token" |
	curl --silent --show-error --config - --url "imaps://$host:$port/" --request 'EXAMINE INBOX'
