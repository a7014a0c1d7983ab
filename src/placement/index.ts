export { chooseNode, type PlacementChoice, type PlacementNode, type PlacementRequest } from './choose-node.ts';
export type * from './cluster/cluster-data.ts';
export { noNode } from './cluster/cluster-data.ts';
export { defaultPolicy } from './cluster/default-policy.ts';
export {
  isOffline,
  isRunning,
  type Mirroring,
  mirroringOf,
  requiredNodes,
  supportsMoves,
  usesLocalStorage,
  usesMemory,
} from './cluster/disk-templates.ts';
export type { RuleBook, RuleBreach } from './location/rule-book.ts';
