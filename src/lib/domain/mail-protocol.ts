// The protocols by which programs use a mailbox, one row each: what Microsoft, Exchange and the settings call them.

export const MAIL_PROTOCOLS = ['imap', 'pop', 'smtp'] as const;

export type MailProtocol = (typeof MAIL_PROTOCOLS)[number];

export type MailServer = {
	/** `starttls`: the connection starts in clear and must be upgraded before anything else. */
	security: 'tls' | 'starttls';
	host: string;
	port: number;
	/** PEM of the one authority that is trusted there, in place of the usual ones: for practice. */
	ca?: string;
};

export type MailServers = Record<MailProtocol, MailServer>;

/** Of a URL that names a server; the port is the usual one. */
type Scheme = Pick<MailServer, 'security' | 'port'> & { name: `${string}:` };

export type ProtocolFacts = {
	name: string;
	/** What people do with it: `fetch` moves mail away, `send` says nothing about who may read. */
	use: 'read' | 'fetch' | 'send';
	/** Microsoft's delegated right, without the cloud's prefix. */
	right: string;
	/** The box in the Microsoft 365 admin center, and what `Set-CASMailbox` says for it. */
	exchangeSwitch: { box: string; parameter: string };
	/** The operator's setting that names the server, and the URL schemes that it takes: Exchange Online's first. */
	setting: string;
	schemes: readonly [exchange: Scheme, ...others: Scheme[]];
	/** Those of the servers that a site tells its owners to enter (RFC 8314; `pop`: RFC 2384). */
	ownerSchemes: readonly Scheme[];
	/** How a server begins. */
	greeting: RegExp;
	/** No "no", but "I do not know what you want": RFC 9051, 7.1.3; RFC 5321, 4.2.3; Exchange's POP. */
	complaint: RegExp;
	/** Where the gateway listens on this machine if it is not told otherwise. */
	gatewayPort: number;
};

/** Switches: learn.microsoft.com, "enable-or-disable-pop3-or-imap4-access", "authenticated-client-smtp-submission". */
export const PROTOCOL_FACTS: Record<MailProtocol, ProtocolFacts> = {
	imap: {
		name: 'IMAP',
		use: 'read',
		right: 'IMAP.AccessAsUser.All',
		exchangeSwitch: { box: 'IMAP', parameter: '-ImapEnabled $true' },
		setting: 'MAIL_IMAP',
		schemes: [{ name: 'imaps:', security: 'tls', port: 993 }],
		ownerSchemes: [
			{ name: 'imaps:', security: 'tls', port: 993 },
			{ name: 'imap:', security: 'starttls', port: 143 },
		],
		greeting: /^\* (OK|PREAUTH)\b.*\r\n/i,
		complaint: /\bBAD\b/,
		gatewayPort: 1143,
	},
	pop: {
		name: 'POP',
		use: 'fetch',
		right: 'POP.AccessAsUser.All',
		exchangeSwitch: { box: 'POP', parameter: '-PopEnabled $true' },
		setting: 'MAIL_POP',
		schemes: [{ name: 'pop3s:', security: 'tls', port: 995 }],
		ownerSchemes: [
			{ name: 'pop3s:', security: 'tls', port: 995 },
			{ name: 'pop3:', security: 'starttls', port: 110 },
			{ name: 'pop:', security: 'starttls', port: 110 },
		],
		greeting: /^\+OK\b.*\r\n/i,
		complaint: /unknown command|invalid command|not valid|protocol error/i,
		gatewayPort: 1110,
	},
	smtp: {
		name: 'SMTP',
		use: 'send',
		right: 'SMTP.Send',
		exchangeSwitch: {
			box: 'Authenticated SMTP',
			parameter: '-SmtpClientAuthenticationDisabled $false',
		},
		setting: 'MAIL_SMTP',
		schemes: [
			{ name: 'smtp:', security: 'starttls', port: 587 },
			{ name: 'smtps:', security: 'tls', port: 465 },
		],
		ownerSchemes: [
			{ name: 'smtps:', security: 'tls', port: 465 },
			{ name: 'smtp:', security: 'starttls', port: 587 },
		],
		greeting: /^(220-.*\r\n)*220\b.*\r\n/,
		complaint: /(?:^|\s)50\d\b/,
		gatewayPort: 1587,
	},
};

/** Those that prove that an account may use a mailbox: anybody may log in by SMTP with an account of their own. */
export const READING_PROTOCOLS = MAIL_PROTOCOLS.filter(
	(protocol) => PROTOCOL_FACTS[protocol].use !== 'send',
);

export function readsMail(protocol: MailProtocol): boolean {
	return READING_PROTOCOLS.includes(protocol);
}

/**
 * By which it is proved that an account may use a mailbox: logins as the mailbox where the site reads it, and else one
 * message from the mailbox to itself that the server accepts.
 */
export function provingProtocols(used: readonly MailProtocol[]): readonly MailProtocol[] {
	const reading = used.filter(readsMail);
	return reading.length > 0 ? reading : used;
}

/** What of mail a site can do. */
export type MailUse = 'both' | 'read' | 'send';

export function useOf(protocols: readonly MailProtocol[]): MailUse {
	const reads = protocols.some(readsMail);
	if (reads && !protocols.every(readsMail)) return 'both';
	return reads ? 'read' : 'send';
}

export function mapProtocols<Value>(
	valueOf: (protocol: MailProtocol) => Value,
): Record<MailProtocol, Value> {
	return parseProtocols(MAIL_PROTOCOLS.map((protocol) => [protocol, valueOf(protocol)]));
}

/** Nothing is parsed: no type says that the entries are of all protocols. */
function parseProtocols<Value>(
	entries: readonly (readonly [MailProtocol, Value])[],
): Record<MailProtocol, Value> {
	return Object.fromEntries(entries) as Record<MailProtocol, Value>;
}
