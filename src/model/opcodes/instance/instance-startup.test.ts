import { testTouches } from '../testing/test-touches.ts';
import { instanceStartup } from './instance-startup.ts';

testTouches(instanceStartup, [[{ instance_name: 'web1' }, 'instance web1 exclusive']]);
