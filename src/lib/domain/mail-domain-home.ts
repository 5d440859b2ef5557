// Where a mail domain lives, as far as Microsoft's public metadata tells before anybody has signed in.

import type { CloudName } from './cloud.ts';

export type MailDomainHome =
	| { home: 'here' }
	| { home: 'not_at_microsoft' }
	| { home: 'other_cloud'; cloud: CloudName }
	/** Microsoft could not be asked. */
	| { home: 'unknown' };
