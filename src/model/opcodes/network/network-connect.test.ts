import { testTouches } from '../testing/test-touches.ts';
import { networkConnect } from './network-connect.ts';

testTouches(networkConnect, [[{ network_name: 'lan', group_name: 'g' }, 'group g shared', 'network lan exclusive']]);
