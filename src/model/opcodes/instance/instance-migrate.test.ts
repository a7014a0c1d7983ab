import { testTouches } from '../testing/test-touches.ts';
import { instanceMigrate } from './instance-migrate.ts';

testTouches(instanceMigrate, [
  [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
  [{ instance_name: 'web1', target_node: 'n2' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n2 shared'],
]);
