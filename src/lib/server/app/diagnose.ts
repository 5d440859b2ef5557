// Looks at everything that the helper depends on, one check after the other, and says of each whether it is
// well and what to do if not. Changes nothing, and never shows a secret.

import { OperatorError } from '../../domain/operator-error.ts';
import {
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	type MailProtocol,
	type MailServers,
} from '../../domain/mail-protocol.ts';
import type { SealedValueStore } from '../tokens/sealed-value-store.ts';
import { explainDatabaseFault, GRANTS } from '../database/explain-database-fault.ts';
import type { DatabaseFault } from '../database/find-database-fault.ts';
import { setSequenceStatement } from '../database/lagging-sequences.ts';
import type { FoundPooler } from '../database/find-pooler.ts';
import { MigrationsUnreadable } from '../database/migrate.ts';
import { explainRefusedParameter } from '../database/refused-parameter.ts';
import type { NoticeMailer } from '../mail/notice-mailer.ts';
import type { reachMailServer } from '../mail/reach-mail-server.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { TokenEndpoint } from '../microsoft/token-endpoint.ts';
import { findWrongKeys, keysThatOpenNot } from '../tokens/check-keys.ts';
import type { KeyCheckStore } from '../tokens/key-check-store.ts';
import type { Vault } from '../vault/vault.ts';
import { withTimeout } from '../with-timeout.ts';
import { credentialFault } from '../tokens/credential-fault.ts';
import { countByKey } from '../tokens/count-by-key.ts';

export type Check = {
	check: string;
	status: 'passed' | 'failed' | 'skipped';
	message: string;
	/** What to do about it. */
	todo?: string;
};

export type DiagnoseContext = {
	inspectDatabase: () => Promise<{ version: number; pendingMigrations: number }>;
	findDatabaseFault: () => Promise<DatabaseFault | undefined>;
	/** Of the tables of these names. */
	findLaggingSequences: () => Promise<string[]>;
	findPooler: () => Promise<FoundPooler>;
	/** Throws `OperatorError` where DATABASE_DIRECT_URL leads elsewhere. */
	checkDirectUrl: () => Promise<void>;
	/** What DATABASE_POOLER says. */
	pooler: 'none' | 'transaction';
	sealedValues: SealedValueStore;
	keyChecks: KeyCheckStore;
	vault: Vault;
	fetchIssuer: () => Promise<string>;
	fetchServerTime: () => Promise<Date>;
	now: () => Date;
	tokenEndpoint: Pick<TokenEndpoint, 'refresh'>;
	reachMailServer: typeof reachMailServer;
	mail: MailServers;
	/** Undefined where NOTICES_SMTP is not set. */
	noticeMailer: NoticeMailer | undefined;
	mode: 'live' | 'practice';
};

type Finding = Omit<Check, 'check'>;

const CHECK_LIMIT_MS = 15_000;
const MAIL_LIMIT_MS = 10_000;

const passed = (message: string): Finding => ({ status: 'passed', message });
const skipped = (message: string): Finding => ({ status: 'skipped', message });
const failed = (message: string, todo: string): Finding => ({ status: 'failed', message, todo });

export async function* diagnose(context: DiagnoseContext): AsyncGenerator<Check> {
	const database = await bounded('database', checkDatabase(context));
	yield database;
	yield await bounded(
		'keys',
		database.status === 'passed' ? checkKeys(context) : skipped('The database comes first.'),
	);
	yield await bounded('microsoft metadata', checkMetadata(context));
	yield await bounded('clock', checkClock(context));
	yield await bounded('client credential', checkCredential(context));
	for (const protocol of MAIL_PROTOCOLS) {
		yield await bounded(`${protocol} server`, checkMailServer(context, protocol));
	}
	const { noticeMailer } = context;
	if (noticeMailer) yield await bounded('notices server', checkNoticesServer(noticeMailer));
}

async function bounded(check: string, finding: Promise<Finding> | Finding): Promise<Check> {
	const found = await withTimeout(Promise.resolve(finding), CHECK_LIMIT_MS);
	const late = failed(
		`No answer within ${CHECK_LIMIT_MS / 1000} seconds.`,
		'Check the network between this machine and that host.',
	);
	return { check, ...(found ?? late) };
}

async function checkDatabase(context: DiagnoseContext): Promise<Finding> {
	const { inspectDatabase, findDatabaseFault } = context;
	try {
		const { version, pendingMigrations } = await inspectDatabase();
		if (version < 15) {
			return failed(`PostgreSQL ${version} is too old.`, 'Use PostgreSQL 15 or newer.');
		}
		// Before what goes wrong because of it.
		const found = await context.findPooler();
		if (found === 'transaction' && context.pooler === 'none') {
			return failed(
				'A connection pooler that shares connections by transaction, such as PgBouncer, is in between.',
				'Set DATABASE_POOLER=transaction: without it, answers get mixed up.',
			);
		}
		if (pendingMigrations > 0) {
			return failed(
				`The schema is not up to date: migrations that have not run: ${pendingMigrations}.`,
				'Run "mailkey migrate", or start the helper.',
			);
		}
		const fault = await findDatabaseFault();
		if (fault) {
			const { message, todo } = explainDatabaseFault(fault);
			return failed(message, todo);
		}
		const lagging = await context.findLaggingSequences();
		if (lagging.length > 0) {
			return failed(
				`Sequences are behind the rows of their tables, as after a restore of some tables alone: ${lagging.join(', ')}.`,
				`As the owner of the schema run ${lagging.map(setSequenceStatement).join('; ')}.`,
			);
		}
		await context.checkDirectUrl();
		const by = found === 'none' ? '' : `, through a connection pooler by ${found}`;
		return passed(`PostgreSQL ${version}, the schema is up to date${by}.`);
	} catch (error) {
		if (error instanceof OperatorError) {
			return failed(error.message, 'Correct DATABASE_DIRECT_URL, or leave it out.');
		}
		if (error instanceof MigrationsUnreadable) return failed(error.message, GRANTS);
		const refused = explainRefusedParameter(error);
		if (refused) return failed(refused.message, refused.todo);
		return failed(
			`PostgreSQL cannot be used${reasonOf(error)}.`,
			'Check DATABASE_URL, and that PostgreSQL runs there and lets this user in.',
		);
	}
}

async function checkKeys(context: DiagnoseContext): Promise<Finding> {
	const keys = await countByKey(context).catch(() => undefined);
	if (keys === undefined) return failed('The sealed values cannot be counted.', 'Try it again.');
	const missing = keys.filter(({ use }) => use === 'missing');
	if (missing.length > 0) {
		const counts = missing.map(({ key, values }) => `${values} with "${key}"`).join(', ');
		return failed(
			`Values are sealed with keys that are not in TOKEN_KEYS: ${counts}.`,
			'Add those keys to TOKEN_KEYS, after the first one. Until then these mailboxes do not work.',
		);
	}
	const wrong = await findWrongKeys(context);
	const [damaged] = [...wrong, ...(await keysThatOpenNot(context))];
	if (damaged !== undefined) {
		return failed(
			`The key "${damaged}" is not the one that was used under this id: a value that is marked with it does not open.`,
			'Check that TOKEN_KEYS has the very key that was in use under this id.',
		);
	}
	const older = keys.filter(({ use, values }) => use === 'opens' && values > 0);
	if (older.length === 0) return passed('Everything is sealed with the first key.');
	return passed('Some values are sealed with an older key: "mailkey keys rotate" reseals them.');
}

const AT_PRACTICE = 'The practice Microsoft runs only while "npm start" does.';

async function checkMetadata({ fetchIssuer, mode }: DiagnoseContext): Promise<Finding> {
	try {
		await fetchIssuer();
		return passed('Microsoft answers.');
	} catch (error) {
		if (mode === 'practice') return skipped(AT_PRACTICE);
		return failed(
			`Microsoft's metadata cannot be read${reasonOf(error)}.`,
			'Check that this machine reaches the identity provider, and MICROSOFT_CLOUD, MICROSOFT_TENANT and MICROSOFT_AUTHORITY.',
		);
	}
}

/** What is signed with a certificate lives for a minute from now on. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

async function checkClock({ fetchServerTime, now, mode }: DiagnoseContext): Promise<Finding> {
	const before = now().getTime();
	const theirs = await fetchServerTime().catch(() => undefined);
	if (theirs === undefined) {
		return skipped(mode === 'practice' ? AT_PRACTICE : 'Microsoft tells no time to compare with.');
	}
	// Its answer was made somewhere in between.
	const ours = (before + now().getTime()) / 2;
	const seconds = Math.round((ours - theirs.getTime()) / 1000);
	const difference = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} Microsoft's`;
	if (Math.abs(seconds) * 1000 <= MAX_CLOCK_DIFFERENCE_MS) {
		return passed(`The clock is right: ${difference}.`);
	}
	return failed(
		`The clock that this helper goes by, its database’s, is ${difference}.`,
		'Set it by NTP, on the machine of the database. Until then Microsoft may refuse the client certificate (AADSTS700024), and sign-ins fail.',
	);
}

/** No token of ours and none of Microsoft's: a client that is told so was accepted before (RFC 6749, 3.2.1). */
const NO_REFRESH_TOKEN = 'mailkey-doctor-asks-who-it-is';

async function checkCredential({ tokenEndpoint, mode }: DiagnoseContext): Promise<Finding> {
	try {
		await tokenEndpoint.refresh(NO_REFRESH_TOKEN, MAIL_PROTOCOLS);
	} catch (error) {
		if (error instanceof MicrosoftError) return credentialFinding(error, mode);
	}
	return failed('The token endpoint gave no sensible answer.', 'Check MICROSOFT_AUTHORITY.');
}

function credentialFinding(error: MicrosoftError, mode: 'live' | 'practice'): Finding {
	const code = error.reference.code === undefined ? '' : ` (${error.reference.code})`;
	switch (error.kind) {
		case 'invalid_grant':
		case 'interaction_required':
			return passed('Microsoft accepts the client credential.');
		case 'invalid_client':
			return failed(
				`Microsoft refuses the client credential${code}.`,
				`Microsoft says that ${credentialFault(error.reference)}`,
			);
		case 'invalid_request':
		case 'organisation':
		case 'unknown_refusal':
		case 'invalid_answer':
		case 'untimely_answer':
			return failed(
				`Microsoft does not accept the request of this client${code}.`,
				'Check MICROSOFT_CLIENT_ID, MICROSOFT_TENANT and the app registration.',
			);
		case 'throttled':
			return failed('Microsoft asks to wait.', 'Try it again in some minutes.');
		case 'unreachable':
			if (mode === 'practice') return skipped(AT_PRACTICE);
			return failed(
				`The token endpoint did not answer${reasonOf(error.cause)}.`,
				'Check that this machine reaches the identity provider.',
			);
	}
}

async function checkMailServer(
	{ reachMailServer, mail, mode }: DiagnoseContext,
	protocol: MailProtocol,
): Promise<Finding> {
	if (mode === 'practice') return skipped('In practice mode nothing leaves this machine.');
	const { host, port } = mail[protocol];
	try {
		await reachMailServer(protocol, mail[protocol], MAIL_LIMIT_MS);
		return passed(`${host}, port ${port}, answers.`);
	} catch (error) {
		return failed(
			`${host}, port ${port}, cannot be used${reasonOf(error)}.`,
			`Check ${PROTOCOL_FACTS[protocol].setting} and that this machine may reach that port. Certificates of a private host come in by NODE_EXTRA_CA_CERTS.`,
		);
	}
}

async function checkNoticesServer(mailer: NoticeMailer): Promise<Finding> {
	try {
		await mailer.verify();
		return passed('The mail server of NOTICES_SMTP lets this helper in.');
	} catch (error) {
		return failed(
			`The mail server of NOTICES_SMTP cannot be used${reasonOf(error)}.`,
			'Check host, port, user and password there, and that it offers STARTTLS on smtp://. Certificates of a private host come in by NODE_EXTRA_CA_CERTS.',
		);
	}
}

/** The code alone: messages can quote what they were given. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return '';
	if ('code' in error && typeof error.code === 'string') return ` (${error.code})`;
	return reasonOf(error.cause);
}
