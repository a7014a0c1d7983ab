export { type ClusterSource, loadCluster } from './sources/load-cluster.ts';
export { formatText } from './sources/text/format-text.ts';
export { parseText } from './sources/text/parse-text.ts';
