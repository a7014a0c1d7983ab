import { testTouches } from '../testing/test-touches.ts';
import { networkAdd } from './network-add.ts';

testTouches(networkAdd, [[{ network_name: 'lan' }, 'network lan exclusive']]);
