import { testTouches } from '../testing/test-touches.ts';
import { groupSetParams } from './group-set-params.ts';

testTouches(groupSetParams, [[{ group_name: 'g' }, 'group g exclusive']]);
