import { testTouches } from '../testing/test-touches.ts';
import { clusterRedistConf } from './cluster-redist-conf.ts';

testTouches(clusterRedistConf, [[{}, 'cluster cluster shared']]);
