import { testTouches } from '../testing/test-touches.ts';
import { instanceResume } from './instance-resume.ts';

testTouches(instanceResume, [[{ instance_name: 'web1' }, 'instance web1 exclusive']]);
