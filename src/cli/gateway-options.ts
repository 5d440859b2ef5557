// The options of the mail gateway, which is a command of `mailkey` and a package of its own.

import { Option, type Command } from 'commander';
import { MAIL_PROTOCOLS, PROTOCOL_FACTS } from '../lib/domain/mail-protocol.ts';
import { repeatable } from './repeatable.ts';
import type { GatewayCommandOptions } from './gateway.ts';

/** Throws `OperatorError` when it is run with settings that will not do. */
export function addGatewayOptions(gateway: Command): Command {
	const listen = (name: string, what: string, usual?: string) =>
		gateway.addOption(
			new Option(`--${name} <host:port>`, `${what}, or "off"`)
				.env(`GATEWAY_${name.toUpperCase()}`)
				.default(usual),
		);
	gateway
		.description('the mail gateway: lets mail software log in with the identifier as password')
		.addOption(new Option('--helper <url>', 'URL of the helper').env('MAILKEY_HELPER'))
		.addOption(
			repeatable(
				'--site-key-file <file>',
				'file with site keys, one a line; or MAILKEY_SITE_KEY or MAILKEY_SITE_KEY_FILE in the environment',
			),
		);
	for (const protocol of MAIL_PROTOCOLS) {
		const { name, gatewayPort } = PROTOCOL_FACTS[protocol];
		listen(protocol, `listen for ${name}`, `127.0.0.1:${gatewayPort}`);
		listen(`${protocol}s`, `listen for ${name} in TLS`);
	}
	return gateway
		.addOption(
			new Option('--certificate <file>', 'PEM certificate with its chain').env(
				'GATEWAY_CERTIFICATE',
			),
		)
		.addOption(new Option('--key <file>', 'PEM private key').env('GATEWAY_KEY'))
		.option('--public', 'listen beyond this machine; needs a certificate')
		.option('--long-numbers-only', 'refuse identifiers from before their numbers were random')
		.option(
			'--resolve-rate <number>',
			'requests a second that the helper grants this gateway; 0 is no limit',
			'200',
		)
		.option('--max-connections <number>', 'refuse more clients than this', '10000')
		.addOption(
			new Option('--log-mailboxes <how>', 'name mailboxes in the log')
				.env('LOG_MAILBOXES')
				.choices(['masked', 'full'])
				.default('masked'),
		)
		.addOption(
			new Option('--metrics <host:port>', 'listen for /metrics, /healthz and /readyz').env(
				'METRICS_LISTEN',
			),
		)
		.action(async (options: GatewayCommandOptions) =>
			(await import('./gateway.ts')).runGateway(options),
		);
}
