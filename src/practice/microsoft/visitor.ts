// A person at the practice Microsoft's sign-in page, for tests and benchmarks without a browser: opens the page, presses
// one button, and says where the browser would be sent.

// `choice` is an address, or `cancel`. Throws if the page offers no form or sends the browser nowhere.
export async function chooseAtSignInPage(authorizeUrl: URL | string, choice: string): Promise<URL> {
	const page = await fetch(authorizeUrl, { redirect: 'manual' });
	const action = /action="([^"]+)"/.exec(await page.text())?.[1];
	if (action === undefined) throw new Error(`No sign-in page: ${describe(page)}`);
	return decide(new URL(action, page.url), choice);
}

async function decide(action: URL, choice: string): Promise<URL> {
	const body = new URLSearchParams({ choice });
	const answer = await fetch(action, { method: 'POST', body, redirect: 'manual' });
	// From the page "Need admin approval" there is one way back, by a link.
	const location = answer.headers.get('location') ?? linkBack(await answer.text());
	if (location === undefined) throw new Error(`No redirect: ${describe(answer)}`);
	return new URL(location);
}

function linkBack(page: string): string | undefined {
	const [, escaped] = /<a href="([^"]+)"\s*>Return to the application/.exec(page) ?? [];
	return escaped?.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function describe(answer: Response): string {
	return `status ${answer.status} ${answer.headers.get('location') ?? ''}`.trimEnd();
}
