import { testTouches } from '../testing/test-touches.ts';
import { instanceCreate } from './instance-create.ts';

testTouches(instanceCreate, [
  [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
  [{ instance_name: 'web1', pnode: 'n1' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n1 shared'],
]);
