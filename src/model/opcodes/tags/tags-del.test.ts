import { testTouches } from '../testing/test-touches.ts';
import { tagsDel } from './tags-del.ts';

testTouches(tagsDel, [[{ kind: 'node', name: 'n1' }, 'node n1 exclusive']]);
