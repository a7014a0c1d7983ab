import { testTouches } from '../testing/test-touches.ts';
import { groupRemove } from './group-remove.ts';

testTouches(groupRemove, [[{ group_name: 'g' }, 'group g exclusive']]);
