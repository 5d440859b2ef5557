#!/usr/bin/env node
// The mail gateway alone. It is built from src/cli/mailkey-gateway.ts, with all that it needs in it.

import { run } from '../dist/main.js';

process.exitCode = (await run(process.argv.slice(2))) ?? process.exitCode;
