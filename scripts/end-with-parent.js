// Loaded into npm and Vite when a script of ours runs them. A script that is killed outright can end nobody, but the
// channel to it closes, and an npm that went on alone would get into the next one's way. On a gentler signal npm
// first takes back what it has done, which is much work for nothing: without its record all is installed again.

// NODE_OPTIONS hands this file down to what they start in turn, whose channels are none of our business.
if (process.ppid === Number(process.env['ENDS_WITH'])) {
	process.on('message', endAtOnce);
	process.on('disconnect', endAtOnce);
	process.channel?.unref();
}

function endAtOnce() {
	process.kill(process.pid, 'SIGKILL');
}
