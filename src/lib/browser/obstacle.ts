// What a browser must keep for a sign-in, and keeps not where all site data is blocked: seen before somebody goes to
// Microsoft in vain, and on the return.

export type Obstacle = 'cookies_blocked' | 'storage_blocked';

/** The session's cookie is for the server alone, so one of no meaning is tried. */
const PROBE = 'mailkey-probe';

export function findObstacle(): Obstacle | undefined {
	if (!keepsCookies()) return 'cookies_blocked';
	return keepsStorage() ? undefined : 'storage_blocked';
}

function keepsCookies(): boolean {
	document.cookie = `${PROBE}=1; SameSite=Lax; Path=/`;
	const isKept = document.cookie.includes(`${PROBE}=1`);
	document.cookie = `${PROBE}=; SameSite=Lax; Path=/; Max-Age=0`;
	return isKept;
}

/** msal-browser's part of the sign-in waits there. A browser may throw at the mere name. */
function keepsStorage(): boolean {
	try {
		sessionStorage.setItem(PROBE, '1');
		sessionStorage.removeItem(PROBE);
		return true;
	} catch {
		return false;
	}
}
