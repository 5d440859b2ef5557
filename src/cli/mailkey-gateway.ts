// The program of the package `mailkey-gateway`: what `mailkey gateway` is, without all else (packages/gateway).

import { Command } from 'commander';
import { exitStatusOf } from './exit-status.ts';
import { addGatewayOptions } from './gateway-options.ts';
import { ownVersion } from './version.ts';

/** The exit status; undefined means that the process goes on by itself. */
export function run(argv: string[]): Promise<number | undefined> {
	const program = new Command('mailkey-gateway')
		.version(ownVersion())
		.exitOverride()
		.option('--json', 'print JSON');
	return exitStatusOf(() => addGatewayOptions(program).parseAsync(argv, { from: 'user' }));
}
