// What is worth keeping of a connected mailbox, as plain text. The identifier is a name, so nothing in it is secret.

import type { MailChecks } from '../domain/mail-check.ts';
import { usedProtocols, type OwnerServers } from '../domain/owner-server.ts';
import { protocolName, serverName, usualReading } from '../problems/protocol-name.ts';
import type { PageWords } from '../words/page-words.ts';
import { outcomeOf } from './check-outcome.ts';
import { encryptionOf } from './mail-settings.ts';

export type Summary = {
	site: string;
	mailbox: string;
	identifier: string;
	/** The day, in words. */
	madeOn: string;
	mail: OwnerServers;
	checks: MailChecks;
	signInAgainUrl: string;
};

export function summaryText(words: PageWords, summary: Summary): string {
	const { site, mailbox, identifier, madeOn, mail, checks, signInAgainUrl } = summary;
	const used = usedProtocols(mail);
	const usual = usualReading(used, checks);
	const servers = used.flatMap((protocol) => {
		const server = mail[protocol];
		if (server === undefined) return [];
		return [
			'',
			serverName(protocol, words, usual),
			`  ${words.value_server({})}: ${server.host}`,
			`  ${words.value_port({})}: ${server.port}`,
			`  ${words.value_encryption({})}: ${encryptionOf(server, words)}`,
		];
	});
	const results = used.map(
		(protocol) =>
			`  ${protocolName(protocol, words)}: ${outcomeOf(words, checks[protocol], words.check_works({}))}`,
	);
	return [
		words.summary_title({}),
		'',
		`${words.summary_site({})}: ${site}`,
		`${words.summary_mailbox({})}: ${mailbox}`,
		`${words.summary_made({})}: ${madeOn}`,
		'',
		`${words.value_user_name({})}: ${mailbox}`,
		`${words.value_password({})}: ${identifier}`,
		...servers,
		...['', words.summary_check({}), ...results],
		...['', words.again_title({}), words.again_text({}), signInAgainUrl, ''],
	].join('\r\n');
}
