// What the helper answers, read with care: a client and the mail gateway understand it alike (docs/resolve-api.md).

const PROTOCOLS = ['imap', 'pop', 'smtp'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/** What a login at a mail server needs. `xoauth2` is the SASL string in base64, as it goes over the wire. */
export type MailServer = {
	host: string;
	port: number;
	/** In TLS from the first byte, or in clear until STARTTLS, which is then required. */
	security: 'tls' | 'starttls';
	user: string;
	xoauth2: string;
};

/** What is wrong with a token or a sign-in, in words for people, and who can end it. */
export type Problem = {
	who: 'visitor' | 'microsoft_365_administrator' | 'operator' | 'nobody';
	title: string;
	code?: string;
	explanation?: string;
	nextStep?: string;
};

const CHECK_STATUSES = ['running', 'passed', 'failed', 'skipped'] as const;

/** A login at a mail server as the mailbox, tried by the helper. */
export type Check = { status: (typeof CHECK_STATUSES)[number]; problem?: Problem };

export type Fault = {
	code: string | undefined;
	message: string;
	signInUrl: string | undefined;
	problem: Problem | undefined;
	/** By the name of the field, in words. */
	fields: Readonly<Record<string, string>>;
};

/** Those whose rights were granted. What is not understood is left out. */
export function readServers(body: unknown): Partial<Record<Protocol, MailServer>> {
	const fields = parseFields(body);
	const servers: Partial<Record<Protocol, MailServer>> = {};
	for (const protocol of PROTOCOLS) {
		const server = readServer(protocol, fields[protocol]);
		if (server) servers[protocol] = server;
	}
	return servers;
}

export function readFault(body: unknown): Fault {
	const fields = parseFields(body);
	return {
		code: textOf(fields['error']),
		message: textOf(fields['message']) ?? 'The helper gave no reason.',
		signInUrl: textOf(fields['sign_in_url']),
		problem: readProblem(fields['problem']),
		fields: Object.fromEntries(
			Object.entries(parseFields(fields['fields'])).map(([name, words]) => [name, String(words)]),
		),
	};
}

export function readChecks(body: unknown): Partial<Record<Protocol, Check>> {
	const fields = parseFields(parseFields(body)['checks']);
	const checks: Partial<Record<Protocol, Check>> = {};
	for (const protocol of PROTOCOLS) {
		const check = parseFields(fields[protocol]);
		const status = CHECK_STATUSES.find((known) => known === check['status']);
		const problem = readProblem(check['problem']);
		if (status) checks[protocol] = { status, ...(problem && { problem }) };
	}
	return checks;
}

export function parseFields(body: unknown): Record<string, unknown> {
	return Object(body) as Record<string, unknown>;
}

export function textOf(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined;
}

const WHO = ['visitor', 'microsoft_365_administrator', 'operator', 'nobody'] as const;

export function readProblem(input: unknown): Problem | undefined {
	const { who: named, title, code, explanation, next_step: nextStep } = parseFields(input);
	const who = WHO.find((known) => known === named);
	if (who === undefined || typeof title !== 'string') return undefined;
	return {
		who,
		title,
		...(typeof code === 'string' && { code }),
		...(typeof explanation === 'string' && { explanation }),
		...(typeof nextStep === 'string' && { nextStep }),
	};
}

function readServer(protocol: Protocol, input: unknown): MailServer | undefined {
	const { host, port, user, xoauth2, security } = parseFields(input);
	if (typeof host !== 'string' || typeof port !== 'number') return undefined;
	if (typeof user !== 'string' || typeof xoauth2 !== 'string') return undefined;
	// It goes into the dialogue with the server as it is.
	if (!/^[A-Za-z0-9+/=]+$/.test(xoauth2)) return undefined;
	return { host, port, security: securityOf(protocol, port, security), user, xoauth2 };
}

/** RFC 8314 section 3.3: submission in TLS from the first byte. */
const SUBMISSIONS_PORT = 465;

/** A helper of an earlier version does not say: then it is what that port is for. */
function securityOf(protocol: Protocol, port: number, security: unknown): MailServer['security'] {
	if (security === 'tls' || security === 'starttls') return security;
	return protocol === 'smtp' && port !== SUBMISSIONS_PORT ? 'starttls' : 'tls';
}
