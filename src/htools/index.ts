export { parseLocation } from './location/parse-location.ts';
export { readLocationFile } from './location/read-location-file.ts';
export { type ClusterSource, loadCluster } from './sources/load-cluster.ts';
export { defaultLuxiSocket, LuxiClient } from './sources/luxi/luxi-client.ts';
export { formatText } from './sources/text/format-text.ts';
export { parseText } from './sources/text/parse-text.ts';
