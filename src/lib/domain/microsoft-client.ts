// This helper as a client of Microsoft's, as the browser needs it. Nothing in it is a secret.

export type MicrosoftClient = {
	clientId: string;
	authority: string;
	authorizationEndpoint: string;
	tokenEndpoint: string;
	logoutEndpoint: string;
	redirectUri: string;
	/** For people who only want to see what they connected. */
	visitScopes: readonly string[];
};
