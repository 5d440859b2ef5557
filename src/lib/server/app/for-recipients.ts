// What whoever got a notice may do by the link in it, without a sign-in.

import { changeSubscription, findSubscription } from '../notices/unsubscribe.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';
import type { Services } from './services.ts';

export function recipientOperations(services: Services) {
	return {
		findSubscription: (opaque: string) =>
			mapDatabaseErrors(() => findSubscription(services, opaque)),
		changeSubscription: (opaque: string, wish: 'unsubscribe' | 'subscribe') =>
			mapDatabaseErrors(() => changeSubscription(services, opaque, wish)),
	};
}
