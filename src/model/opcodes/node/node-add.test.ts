import { testTouches } from '../testing/test-touches.ts';
import { nodeAdd } from './node-add.ts';

testTouches(nodeAdd, [[{ node_name: 'n1' }, 'node n1 exclusive']]);
