#!/usr/bin/env node
// The operator's command line, from any working folder. An installed package is built and has only to be run; in a
// checkout what is missing or stale is installed and built first. The commands are in src/cli.

import { existsSync } from 'node:fs';

const checkout = new URL('../scripts/mailkey.js', import.meta.url);
const args = process.argv.slice(2);

if (existsSync(checkout)) {
	const { runMailkeyHere } = await import(checkout.href);
	await runMailkeyHere(args);
} else {
	const { run } = await import(new URL('../build/mailkey/main.js', import.meta.url).href);
	process.exitCode = (await run(args)) ?? process.exitCode;
}
