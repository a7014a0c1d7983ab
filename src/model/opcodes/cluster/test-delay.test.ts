import { testTouches } from '../testing/test-touches.ts';
import { testDelay } from './test-delay.ts';

testTouches(testDelay, [
  [{}],
  [{ on_nodes: ['n1', 'n2'] }, 'node n1 exclusive', 'node n2 exclusive'],
  [{ on_nodes: ['n1'], no_locks: false }, 'node n1 exclusive'],
  [{ on_nodes: ['n1'], no_locks: true }],
]);
