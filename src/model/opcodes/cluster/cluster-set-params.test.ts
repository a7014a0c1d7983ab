import { testTouches } from '../testing/test-touches.ts';
import { clusterSetParams } from './cluster-set-params.ts';

testTouches(clusterSetParams, [[{}, 'cluster cluster exclusive']]);
