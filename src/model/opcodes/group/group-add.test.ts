import { testTouches } from '../testing/test-touches.ts';
import { groupAdd } from './group-add.ts';

testTouches(groupAdd, [[{ group_name: 'g' }, 'group g exclusive']]);
