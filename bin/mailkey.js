#!/usr/bin/env node
// The operator's command line, from any working folder. Its commands are in src/cli.

import { runMailkey } from '../scripts/mailkey.js';
import { runScript } from '../scripts/plain-fault.js';

await runScript(() => runMailkey(process.argv.slice(2)));
