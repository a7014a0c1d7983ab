import { testTouches } from '../testing/test-touches.ts';
import { nodeEvacuate } from './node-evacuate.ts';

testTouches(nodeEvacuate, [[{ node_name: 'n1' }, 'allocation allocation exclusive', 'node n1 shared']]);
