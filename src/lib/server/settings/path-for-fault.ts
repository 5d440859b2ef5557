// A path as a sentence about a fault may quote it.

/** Someone may paste the content itself, a private key even, where its path belongs; that must not be repeated. */
export function pathForFault(path: string): string {
	const isPath = !/\n|-----|PRIVATE KEY/.test(path) && path.length < 500;
	return isPath ? path : 'this is no path';
}
