// The client library, from its source. tests/flows/developers.test.ts says the same of the installed package.

import * as client from '../../src/client/client.ts';
import * as webhooks from '../../src/client/webhooks.ts';
import { testClient } from '../support/client-suite.ts';
import { testWebhooks } from '../support/webhook-suite.ts';

testClient(() => client);
testWebhooks(() => webhooks);
