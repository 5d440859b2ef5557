import { isProblem } from '$lib/domain/problem';
import type { SignInStatus } from '$lib/domain/sign-in';
import type { PageServerLoad } from './$types';

/** Longer values are no site and no address; they are not repeated into the page. */
const MAX_PREFILL = 500;

/** The fields, filled by the address or by this browser's newest sign-in, and what became of that. */
export const load: PageServerLoad = async ({ locals, url }) => {
	const { searchParams } = url;
	if (searchParams.has('site') || searchParams.has('email')) {
		return {
			site: prefill(searchParams.get('site')),
			email: prefill(searchParams.get('email')),
			status: { status: 'none' } satisfies SignInStatus,
		};
	}
	const status = await currentStatus(locals);
	return status.status === 'none'
		? { site: '', email: '', status }
		: { site: status.site, email: status.email, status };
};

function prefill(value: string | null): string {
	return value !== null && value.length <= MAX_PREFILL ? value.trim() : '';
}

/** The page is there even while the database is not; the button then says what is wrong. */
async function currentStatus({ helper, session }: App.Locals): Promise<SignInStatus> {
	try {
		return await helper.signInStatus(await session(), 'current');
	} catch (error) {
		if (isProblem(error)) return { status: 'none' };
		throw error;
	}
}
