import { testTouches } from '../testing/test-touches.ts';
import { instanceFailover } from './instance-failover.ts';

testTouches(instanceFailover, [
  [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
  [{ instance_name: 'web1', target_node: 'n2' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n2 shared'],
]);
