import { testTouches } from '../testing/test-touches.ts';
import { instanceRemove } from './instance-remove.ts';

testTouches(instanceRemove, [[{ instance_name: 'web1' }, 'instance web1 exclusive']]);
