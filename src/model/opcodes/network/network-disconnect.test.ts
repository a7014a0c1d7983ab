import { testTouches } from '../testing/test-touches.ts';
import { networkDisconnect } from './network-disconnect.ts';

testTouches(networkDisconnect, [[{ network_name: 'lan', group_name: 'g' }, 'group g shared', 'network lan exclusive']]);
