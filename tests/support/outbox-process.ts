// A process of the helper that delivers webhooks and mails as the serving one does, until it is killed.
// Use: node --import tsx outbox-process.ts, with the configuration in the environment.

import { openInstance } from './vault-instance.ts';

const environment = Object.fromEntries(
	Object.entries(process.env).map(([name, value]) => [name, value ?? '']),
);
const { app } = openInstance({
	environment,
	mode: 'practice',
	log: (line) => process.stdout.write(line),
});
app.eventJobs.start();
app.noticeJobs.start();
// What ends it is the test, or the end of the test's own process.
process.on('disconnect', () => process.exit(0));
