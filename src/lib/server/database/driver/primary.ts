// Which of several hosts is the primary. All of them are asked at once, and the first that takes changes is used until a
// connection to it is lost or it refuses a change: after a failover another one is found. The driver's own search
// (`target_session_attrs`) never ends while no host answers, and does not look again.

import type { HostSource } from './connections.ts';
import type { DatabaseAddress, DatabaseHost } from './database-url.ts';

/** While there is no primary, many statements ask for one: this often they are asked again. */
const SEARCH_AGAIN_MS = 250;

/** A host that does not answer for so long is not waited for. */
const ANSWER_LIMIT_MS = 5_000;

export function createPrimarySource(
	{ url, hosts }: DatabaseAddress,
	isWritable: (url: string, host: DatabaseHost) => Promise<boolean>,
): HostSource {
	let known: Promise<DatabaseHost> | undefined;
	const forget = () => void (known = undefined);
	function search(): Promise<DatabaseHost> {
		const found = Promise.any(hosts.map((host) => primaryAt(host)));
		const result = found.catch((error: unknown) => {
			throw reasonOf(error);
		});
		result.catch(() => setTimeout(forget, SEARCH_AGAIN_MS).unref());
		return result;
	}
	async function primaryAt(host: DatabaseHost): Promise<DatabaseHost> {
		if (await within(ANSWER_LIMIT_MS, isWritable(url, host))) return host;
		throw withCode('25006');
	}
	return {
		find: () => (hosts.length === 0 ? Promise.resolve(undefined) : (known ??= search())),
		forget,
	};
}

/** A standby says more than a host that is down: somebody is there. */
function reasonOf(error: unknown): unknown {
	if (!(error instanceof AggregateError)) return error;
	const errors: unknown[] = error.errors;
	const isStandby = (one: unknown) => one instanceof Error && 'code' in one && one.code === '25006';
	return errors.find(isStandby) ?? errors[0];
}

function within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(withCode('CONNECT_TIMEOUT')), limitMs);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}

function withCode(code: string): Error {
	return Object.assign(new Error('no primary'), { code });
}
