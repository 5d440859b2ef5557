// Turns at the mail servers: so many logins of one site at the same time and no more, so that no site can make
// the helper open many connections to Exchange. Per process, as the logins are.

/** One mailbox's three protocols at once; those of the next mailbox of the same site wait. */
const LOGINS_AT_A_TIME = 3;

export type SiteSemaphore = <Result>(
	siteId: number,
	login: () => Promise<Result>,
) => Promise<Result>;

export function createSiteSemaphore(): SiteSemaphore {
	const busy = new Map<number, { running: number; waiting: (() => void)[] }>();
	return async (siteId, login) => {
		const site = busy.get(siteId) ?? { running: 0, waiting: [] };
		busy.set(siteId, site);
		// A waiting login is handed the turn of one that ends, so nobody can slip in between.
		if (site.running < LOGINS_AT_A_TIME) site.running += 1;
		else await new Promise<void>((resolve) => site.waiting.push(resolve));
		try {
			return await login();
		} finally {
			const next = site.waiting.shift();
			if (next) next();
			else site.running -= 1;
			if (site.running === 0) busy.delete(siteId);
		}
	};
}
