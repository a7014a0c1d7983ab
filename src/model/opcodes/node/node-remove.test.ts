import { testTouches } from '../testing/test-touches.ts';
import { nodeRemove } from './node-remove.ts';

testTouches(nodeRemove, [[{ node_name: 'n1' }, 'node n1 exclusive']]);
