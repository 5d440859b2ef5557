// A real mail server for the tests: Debian's Dovecot with IMAP, POP3 and submission, on free loopback ports, with
// folders of its own, that asks the practice Microsoft about each access token. Installed where that is possible.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MailServers } from '../../src/lib/domain/mail-protocol.ts';
import type { PracticeMicrosoft } from '../../src/practice/microsoft/practice-microsoft.ts';
import { ensureDebianPackages } from './debian.ts';
import { findFreePort } from './free-port.ts';
import { testCertificate } from './mail-script.ts';
import { until } from './until.ts';

export type Dovecot = {
	servers: MailServers;
	/** PEM file of the authority that its certificate is of. */
	authorityFile: string;
	stop(): Promise<void>;
};

const run = promisify(execFile);

const packages = ['dovecot-imapd', 'dovecot-pop3d', 'dovecot-submissiond'];

/** True when Dovecot can run here. It needs root: it gives up rights and installs from Debian. */
export async function ensureDovecot(): Promise<boolean> {
	if (process.getuid?.() !== 0) return false;
	const parts = ['imap', 'pop3', 'submission'].map((name) => `/usr/lib/dovecot/${name}`);
	return ensureDebianPackages(packages, ['/usr/sbin/dovecot', ...parts]);
}

/** Sends on what is submitted to `relayPort`, as submission has no queue of its own. */
export async function startDovecot(
	microsoft: PracticeMicrosoft,
	relayPort: number,
): Promise<Dovecot> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-dovecot-'));
	// Its login processes run as users of their own.
	await chmod(folder, 0o755);
	await mkdir(join(folder, 'mail'));
	await run('chown', ['nobody', join(folder, 'mail')]);
	const file = (name: string) => join(folder, name);
	await writeFile(file('key.pem'), testCertificate.privateKey, { mode: 0o600 });
	await writeFile(file('certificate.pem'), testCertificate.certificate);
	await writeFile(file('oauth2.conf'), oauth2(microsoft));
	const ports = {
		imap: await findFreePort(),
		pop: await findFreePort(),
		smtp: await findFreePort(),
	};
	await writeFile(file('dovecot.conf'), configuration(folder, ports, relayPort));
	const server = spawn('/usr/sbin/dovecot', ['-F', '-c', file('dovecot.conf')], {
		stdio: 'ignore',
	});
	await listening(server, Object.values(ports), file('log'));
	const at = { host: '127.0.0.1', ca: testCertificate.certificate };
	return {
		servers: {
			imap: { security: 'tls', port: ports.imap, ...at },
			pop: { security: 'tls', port: ports.pop, ...at },
			smtp: { security: 'starttls', port: ports.smtp, ...at },
		},
		authorityFile: file('certificate.pem'),
		async stop() {
			if (server.exitCode === null) {
				server.kill();
				await once(server, 'exit');
			}
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function listening(
	server: ChildProcess,
	ports: readonly number[],
	log: string,
): Promise<void> {
	const isUp = async () => (await Promise.all(ports.map(isOpen))).every(Boolean);
	await until('Dovecot is up or over', async () => server.exitCode !== null || isUp());
	if (server.exitCode === null) return;
	const said = await readFile(log, 'utf8').catch(() => 'no log');
	throw new Error(`Dovecot did not come up: ${said}`);
}

function isOpen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => (socket.destroy(), resolve(true)));
		socket.once('error', () => resolve(false));
	});
}

function oauth2({ authority }: PracticeMicrosoft): string {
	return `introspection_mode = post
introspection_url = ${authority}/organizations/oauth2/v2.0/introspect
active_attribute = active
active_value = true
username_attribute = username
`;
}

/** Nothing of it is shared with a Dovecot that may run on this machine. */
function configuration(
	folder: string,
	ports: { imap: number; pop: number; smtp: number },
	relayPort: number,
): string {
	const listener = (name: string, port: number, ssl: boolean) => `
  inet_listener ${name} {
    address = 127.0.0.1
    port = ${port}
    ssl = ${ssl ? 'yes' : 'no'}
  }`;
	const closed = (name: string) => `
  inet_listener ${name} {
    port = 0
  }`;
	return `protocols = imap pop3 submission
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
instance_name = mailkey-test
default_internal_user = dovecot
default_login_user = dovenull
auth_mechanisms = xoauth2 oauthbearer
auth_cache_size = 0
auth_failure_delay = 0
disable_plaintext_auth = yes
ssl = required
ssl_cert = <${folder}/certificate.pem
ssl_key = <${folder}/key.pem
mail_location = maildir:${folder}/mail/%u
first_valid_uid = 1
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/mail/%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {${closed('imap')}${listener('imaps', ports.imap, true)}
}
service pop3-login {${closed('pop3')}${listener('pop3s', ports.pop, true)}
}
service submission-login {${listener('submission', ports.smtp, false)}
}
`;
}
