import { testTouches } from '../testing/test-touches.ts';
import { networkRemove } from './network-remove.ts';

testTouches(networkRemove, [[{ network_name: 'lan' }, 'network lan exclusive']]);
