import { testTouches } from '../testing/test-touches.ts';
import { instanceShutdown } from './instance-shutdown.ts';

testTouches(instanceShutdown, [[{ instance_name: 'web1' }, 'instance web1 exclusive']]);
