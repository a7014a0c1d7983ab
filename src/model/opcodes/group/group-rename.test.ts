import { testTouches } from '../testing/test-touches.ts';
import { groupRename } from './group-rename.ts';

testTouches(groupRename, [[{ group_name: 'g', new_name: 'h' }, 'group g exclusive']]);
