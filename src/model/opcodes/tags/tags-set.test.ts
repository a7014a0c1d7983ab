import { testTouches } from '../testing/test-touches.ts';
import { tagsSet } from './tags-set.ts';

testTouches(tagsSet, [[{ kind: 'node', name: 'n1' }, 'node n1 exclusive']]);
