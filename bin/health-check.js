// For a container's health check: exit status 0 when the helper in it is ready.

import process from 'node:process';

const port = process.env['PORT'] ?? '3000';
const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
	({ ok }) => ok,
	() => false,
);
process.exitCode = ready ? 0 : 1;
