import { testTouches } from '../testing/test-touches.ts';
import { nodeSetParams } from './node-set-params.ts';

testTouches(nodeSetParams, [[{ node_name: 'n1' }, 'node n1 exclusive']]);
