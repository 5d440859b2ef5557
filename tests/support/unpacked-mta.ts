// Postfix and Exim as they send through a relay, from their unpacked packages: Debian installs one of them at most. The
// users that they want are there for them alone (nss_wrapper), and everything is in one folder.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackDebianPackages } from './debian.ts';

const run = promisify(execFile);

export type Mta = {
	/** Hands a message over, as programs do with `sendmail`. */
	send(from: string, to: string, message: string): Promise<void>;
	log(): Promise<string>;
	stop(): Promise<void>;
};

/** By sender: where it sends and what it logs in with. */
export type Relays = Record<string, { port: number; user: string; password: string }>;

/** Ids that no machine uses. */
const USERS = { exim: 65_530, postfix: 65_531, postdrop: 65_532 };

async function unpack(packages: readonly string[], folder: string) {
	if (!(await unpackDebianPackages([...packages, 'libnss-wrapper'], folder))) return undefined;
	const libraries = join(folder, 'usr/lib');
	const found = (await readdir(libraries, { recursive: true })).find((name) =>
		name.endsWith('libnss_wrapper.so'),
	);
	if (found === undefined) return undefined;
	const passwd = join(folder, 'passwd');
	const group = join(folder, 'group');
	await writeFile(passwd, await readFile('/etc/passwd'));
	await writeFile(group, await readFile('/etc/group'));
	const { exim, postfix, postdrop } = USERS;
	await appendFile(
		passwd,
		`Debian-exim:x:${exim}:${exim}::/:/bin/false\npostfix:x:${postfix}:${postfix}::/:/bin/false\n`,
	);
	await appendFile(
		group,
		`Debian-exim:x:${exim}:\npostfix:x:${postfix}:\npostdrop:x:${postdrop}:\n`,
	);
	// Others than root run parts of it.
	await chmod(folder, 0o755);
	return {
		PATH: process.env['PATH'],
		LD_PRELOAD: join(libraries, found),
		LD_LIBRARY_PATH: join(libraries, 'postfix'),
		NSS_WRAPPER_PASSWD: passwd,
		NSS_WRAPPER_GROUP: group,
	};
}

type Hand = { file: string; args: readonly string[]; env: NodeJS.ProcessEnv };

/** The message goes in at standard input. Gives what was said of it. */
async function hand({ file, args, env }: Hand, message: string): Promise<string> {
	const handing = run(file, args, { env });
	handing.child.stdin?.end(message);
	return (await handing).stderr;
}

/** Undefined where Exim cannot be had. */
export async function startExim(folder: string, relays: Relays): Promise<Mta | undefined> {
	const env = await unpack(['exim4-daemon-light'], folder);
	if (!env) return undefined;
	const program = join(folder, 'usr/sbin/exim4');
	// With it, the loader would not look at LD_PRELOAD.
	await chmod(program, 0o755);
	const spool = join(folder, 'spool');
	await mkdir(spool);
	await run('chown', ['nobody:nogroup', folder, spool]);
	const pick = (what: (relay: Relays[string]) => string | number) =>
		Object.entries(relays).reduceRight(
			(others, [from, relay]) => `\${if eq{$sender_address}{${from}}{${what(relay)}}{${others}}}`,
			'',
		);
	// Exim splits what it sends at colons; a doubled one is a colon.
	const secret = pick(({ password }) => password.replaceAll(':', '::'));
	await writeFile(
		join(folder, 'exim.conf'),
		`spool_directory = ${spool}
log_file_path = ${folder}/%slog
exim_path = ${program}
exim_user = nobody
exim_group = nogroup
trusted_users = root
keep_environment = LD_PRELOAD : ^NSS_WRAPPER
primary_hostname = mylaptop.
log_selector = +smtp_confirmation
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = gateway
begin transports
gateway:
  driver = smtp
  port = ${pick(({ port }) => port)}
  allow_localhost
  hosts_require_auth = *
  hosts_avoid_tls = *
  # What waits for another try would be sent along, by whoever is logged in.
  connection_max_messages = 1
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = "^${pick(({ user }) => user)}^${secret}"
`,
	);
	const args = ['-C', join(folder, 'exim.conf'), '-odf', '-f'];
	// With a configuration that is not its own it logs what it does as another user on its standard error.
	let said = '';
	return {
		async send(from, to, message) {
			said += await hand({ file: program, args: [...args, from, to], env }, message);
		},
		log: () => Promise.resolve(said),
		stop: () => Promise.resolve(),
	};
}

/** Undefined where Postfix cannot be had. */
export async function startPostfix(folder: string, relays: Relays): Promise<Mta | undefined> {
	const unpacked = await unpack(['postfix'], folder);
	if (!unpacked) return undefined;
	const config = join(folder, 'config');
	const env = { ...unpacked, MAIL_CONFIG: config };
	await makePostfixFolders(folder);
	const senders = Object.entries(relays);
	await writeFile(
		join(config, 'logins'),
		senders.map(([from, { user, password }]) => `${from} ${user}:${password}\n`).join(''),
	);
	await writeFile(
		join(config, 'relays'),
		senders.map(([from, { port }]) => `${from} [127.0.0.1]:${port}\n`).join(''),
	);
	const kept = Object.keys(env).join(' ');
	await writeFile(
		join(config, 'main.cf'),
		`compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = ${folder}/usr/sbin
daemon_directory = ${folder}/usr/lib/postfix/sbin
shlib_directory = no
meta_directory = ${folder}/etc/postfix
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
import_environment = ${kept}
export_environment = ${kept}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mylaptop.mycompany.com
mydestination =
alias_maps =
sender_dependent_relayhost_maps = texthash:${config}/relays
smtp_sender_dependent_authentication = yes
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:${config}/logins
smtp_sasl_security_options = noanonymous
`,
	);
	await writeFile(join(config, 'master.cf'), POSTFIX_SERVICES);
	const master = spawn(join(folder, 'usr/lib/postfix/sbin/master'), ['-c', config], {
		env,
		stdio: 'ignore',
	});
	const args = ['-C', config, '-f'];
	const file = join(folder, 'usr/sbin/sendmail');
	return {
		async send(from, to, message) {
			await hand({ file, args: [...args, from, to], env }, message);
		},
		log: () => readFile(join(folder, 'log'), 'utf8').catch(() => ''),
		async stop() {
			if (master.exitCode !== null) return;
			master.kill();
			await once(master, 'exit');
		},
	};
}

async function makePostfixFolders(folder: string): Promise<void> {
	const own = 'active bounce corrupt defer deferred flush hold incoming private saved trace';
	const queue = (names: string) => names.split(' ').map((name) => join(folder, 'queue', name));
	const data = join(folder, 'data');
	const folders = [...queue(`${own} public maildrop`), queue('pid')[0] ?? '', data];
	for (const path of [...folders, join(folder, 'config')]) await mkdir(path, { recursive: true });
	const postfix = String(USERS.postfix);
	await run('chown', [postfix, data, ...queue(`${own} public maildrop`)]);
	await run('chgrp', [String(USERS.postdrop), ...queue('public maildrop')]);
	await run('chmod', ['730', ...queue('maildrop')]);
}

const POSTFIX_SERVICES = [
	'pickup unix n - n 1 1 pickup',
	'cleanup unix n - n - 0 cleanup',
	'qmgr unix n - n 300 1 qmgr',
	'rewrite unix - - n - - trivial-rewrite',
	'bounce unix - - n - 0 bounce',
	'defer unix - - n - 0 bounce',
	'trace unix - - n - 0 bounce',
	'smtp unix - - n - - smtp',
	'error unix - - n - - error',
	'retry unix - - n - - error',
	'proxymap unix - - n - - proxymap',
	'scache unix - - n - 1 scache',
	'postlog unix-dgram n - n - 1 postlogd',
	'',
].join('\n');
