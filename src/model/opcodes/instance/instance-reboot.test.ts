import { testTouches } from '../testing/test-touches.ts';
import { instanceReboot } from './instance-reboot.ts';

testTouches(instanceReboot, [[{ instance_name: 'web1' }, 'instance web1 exclusive']]);
