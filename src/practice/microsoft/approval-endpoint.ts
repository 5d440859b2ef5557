// GET /{tenant}/v2.0/adminconsent: the page on which an administrator approves for the organisation, or declines, and
// the POST of its form. https://learn.microsoft.com/entra/identity-platform/v2-admin-consent

import { faultPage } from './authorize-answers.ts';
import {
	entraErrorBody,
	EntraRefusal,
	malformedRequest,
	missingParameter,
} from './entra-refusal.ts';
import { html, htmlList, pageHeaders, renderPage } from './page-frame.ts';
import {
	applicationName,
	type Answer,
	type PracticeContext,
	type PracticeRequest,
} from './context.ts';
import { everythingRegistered, rightsOf } from './scopes.ts';

const expectedParameters = ['client_id', 'redirect_uri', 'scope', 'state'];

const notAnAdministrator = 'not-an-administrator';

// Throws EntraRefusal.
export function answerApprovalRequest(
	{ query, tenant, tenantId }: PracticeRequest,
	context: PracticeContext,
): Answer {
	const state = assertRequest(query, tenant, context);
	const { client, directory } = context;
	const tenants = directory.tenants.filter(({ id }) => tenantId === undefined || id === tenantId);
	const choices = [
		...tenants.map(({ id, name, domain }) => ({
			value: id,
			what: `Accept for ${name}`,
			then: `As admin@${domain}: everyone of ${name} may then connect a mailbox.`,
		})),
		{ value: 'cancel', what: 'Cancel', then: 'Declines: nothing is approved.' },
		{
			value: notAnAdministrator,
			what: 'Sign in as somebody who is no administrator',
			then: 'May not approve: Microsoft sends an error back.',
		},
	];
	const body = renderPage(
		'Permissions requested',
		html`<h2>${applicationName(client)} asks an administrator to approve</h2>
			<p>Everyone of the organisation who signs in there could then let it:</p>
			<ul class="rights">
				${htmlList(rightsOf(everythingRegistered).map((right) => html`<li>${right}</li>`))}
			</ul>
			<form method="post" action="/${tenant}/v2.0/adminconsent/decision" class="choices">
				<input type="hidden" name="state" value="${state}" />
				${htmlList(
					choices.map(
						({ value, what, then }) =>
							html`<button name="choice" value="${value}">
								<span class="what">${what}</span> <span class="then">${then}</span>
							</button>`,
					),
				)}
			</form>`,
	);
	return { status: 200, headers: pageHeaders(client.redirectUri), body, outcome: 'shown' };
}

// Returns the state.
function assertRequest(
	query: URLSearchParams,
	tenant: string,
	{ client }: PracticeContext,
): string {
	for (const name of expectedParameters) {
		if (!query.get(name)) throw new EntraRefusal(missingParameter(name));
	}
	const names = [...query.keys()];
	const isExpected = names.length === expectedParameters.length && tenant !== 'common';
	if (!isExpected) throw new EntraRefusal(malformedRequest('Not what this application asks for.'));
	if (query.get('client_id') !== client.id) {
		throw new EntraRefusal({
			error: 'unauthorized_client',
			aadsts: 700016,
			description: 'The application was not found in the directory.',
		});
	}
	if (query.get('redirect_uri') !== client.redirectUri) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 50011,
			description: 'The redirect URI does not match the ones configured for the application.',
		});
	}
	if (query.get('scope') !== 'https://outlook.office.com/.default') {
		throw new EntraRefusal({
			error: 'invalid_scope',
			aadsts: 70011,
			description: 'The scope is not what this application is expected to ask for.',
		});
	}
	return query.get('state') ?? '';
}

export function answerApprovalDecision(
	{ form, tenantId }: PracticeRequest,
	context: PracticeContext,
): Answer {
	const choice = form.get('choice') ?? '';
	const state = form.get('state') ?? '';
	if (choice === 'cancel' || choice === notAnAdministrator)
		return notApproved(choice, state, context);
	const tenant = context.directory.tenants.find(({ id }) => id === choice);
	if (tenant === undefined || (tenantId !== undefined && tenant.id !== tenantId)) {
		return faultPage(malformedRequest('No such organisation.'), undefined, context);
	}
	context.approvedTenants.add(tenant.id);
	const scope = everythingRegistered.filter((each) => each.includes('/')).join(' ');
	return redirect({ admin_consent: 'True', tenant: tenant.id, scope, state }, 'approved', context);
}

// With `admin_consent=True` all the same, as Entra does.
function notApproved(choice: string, state: string, context: PracticeContext): Answer {
	const fault =
		choice === 'cancel'
			? {
					error: 'access_denied',
					aadsts: 65004,
					description: 'The resource owner or authorization server denied the request.',
				}
			: {
					error: 'permission_denied',
					aadsts: 90094,
					description: 'The account is not permitted to grant admin consent.',
				};
	const { authority, now } = context;
	const body = entraErrorBody(fault, { authority, now: now(), clientRequestId: undefined });
	const { error, error_description } = body;
	const parameters = { admin_consent: 'True', error, error_description, state };
	return redirect(parameters, `AADSTS${fault.aadsts}`, context);
}

function redirect(
	parameters: Record<string, string>,
	outcome: string,
	{ client }: PracticeContext,
): Answer {
	return {
		status: 303,
		headers: {
			location: `${client.redirectUri}?${new URLSearchParams(parameters)}`,
			'cache-control': 'no-store',
			'referrer-policy': 'no-referrer',
		},
		body: '',
		outcome,
	};
}
