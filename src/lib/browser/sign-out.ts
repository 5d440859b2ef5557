// Leaving a computer that others use: the helper forgets the browser, and Microsoft is asked to.

/** Goes to `microsoft` when the helper has forgotten the browser; false when it has not. */
export async function signOut(microsoft: string): Promise<boolean> {
	const response = await fetch('/api/sign-out', { method: 'POST' }).catch(() => undefined);
	if (response?.status !== 204) return false;
	location.assign(microsoft);
	return true;
}
