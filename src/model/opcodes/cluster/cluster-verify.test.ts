import { testTouches } from '../testing/test-touches.ts';
import { clusterVerify } from './cluster-verify.ts';

testTouches(clusterVerify, [[{}, 'cluster cluster shared']]);
