// Where visitors and sites come from in tests that ask the helper itself, without HTTP.

import { clientAddressOf } from '../../src/lib/server/client-address.ts';

export const VISITOR = clientAddressOf('192.0.2.1');
