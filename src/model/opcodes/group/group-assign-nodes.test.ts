import { testTouches } from '../testing/test-touches.ts';
import { groupAssignNodes } from './group-assign-nodes.ts';

testTouches(groupAssignNodes, [[{ group_name: 'g', nodes: ['n1', 'n2'] }, 'group g exclusive', 'node n1 exclusive', 'node n2 exclusive']]);
