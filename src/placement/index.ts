export { type Allocation, type AllocationRequest, allocate, describeFinding, type GroupOffer } from './allocate/allocate.ts';
export { allocateSecondary, type SecondaryAllocation } from './allocate/allocate-secondary.ts';
export {
  type Allocator,
  type AllocatorOptions,
  allocatedInstances,
  createAllocator,
  defaultAllocatorOptions,
  settle,
  stage,
  withdraw,
} from './allocate/allocator.ts';
export { changeGroup } from './allocate/change-group.ts';
export { type ClusterTotals, clusterTotals } from './allocate/cluster-totals.ts';
export { type Capacity, fillTiered, fillWith, noCapacity, sortedFailures } from './allocate/count-capacity.ts';
export { allocateDedicated, isDedicated } from './allocate/dedicated.ts';
export { type Evacuation, type EvacuationLimits, type EvacuationMode, evacuate } from './allocate/evacuate.ts';
export { countNodes, describeRefusals, explainRefusals, type Refusal } from './allocate/explain-refusals.ts';
export { createRedundancy, isRedundant, strandingNodes } from './allocate/redundancy.ts';
export { relocate as relocateInstance } from './allocate/relocate.ts';
export type { Place, Wanted } from './allocate/search.ts';
export { survivingGroups } from './allocate/surviving-groups.ts';
export { applyMove } from './balance/apply-move.ts';
export { type BalanceOptions, balance, defaultBalanceOptions } from './balance/balance.ts';
export { type Move, type MoveKind, type MoveStep, moveKind, moveSteps } from './balance/move.ts';
export type * from './cluster/cluster-data.ts';
export { noNode } from './cluster/cluster-data.ts';
export { defaultPolicy } from './cluster/default-policy.ts';
export { lookupName } from './cluster/lookup-name.ts';
export {
  type PreparedCluster,
  type PreparedInstance,
  type PreparedNode,
  type PrepareOptions,
  prepareCluster,
} from './cluster/prepare-cluster.ts';
export { isOffline, isRunning, usesMemory } from './cluster/uses-memory.ts';
export { checkWattsTags } from './cluster/watts-tag.ts';
export { bottlenecks, type LinkUse } from './location/bottlenecks.ts';
export { compileRules } from './location/compile-rules.ts';
export { conflictError, findConflict, type RuleConflict, refuseConflict } from './location/find-conflict.ts';
export { hardRulesOf, locationFromTags, mergeLocations } from './location/location-from-tags.ts';
export { locationPicture, type PictureOptions } from './location/picture/location-picture.ts';
export { resolveMembers } from './location/resolve-members.ts';
export type { Restart, RoomCheck } from './location/room-check.ts';
export type { RuleBook, RuleBreach } from './location/rule-book.ts';
export { ruleCost } from './location/rule-cost.ts';
export type { Location, LocationRule, MemberSelector, Service } from './location/service.ts';
export { type DomainLoss, type LostInstance, type ServiceLoss, type Survivability, survivability } from './location/survivability.ts';
export { type Domain, emptyTopology, type Link, type MigrationTerms, type Topology } from './location/topology.ts';
export { optimise } from './optimise/optimise.ts';
export type { OptimiseOptions } from './optimise/optimise-options.ts';
export { createMoveSet } from './plan/move-set.ts';
export { type Network, openNetwork } from './plan/network.ts';
export type { PlacedOn, Plan, PlannedMove } from './plan/plan.ts';
export { createTraffic, type MoveTraffic, openTraffic, type Traffic } from './plan/traffic.ts';
export { sizeOfMove } from './plan/transfers.ts';
export type { Relocation } from './roll/configuration.ts';
export type { ServiceMinimum } from './roll/keep-services.ts';
export type { NodeGraph } from './roll/node-graph.ts';
export { type Rolling, roll } from './roll/roll.ts';
export { createVectorModel } from './search/create-vector-model.ts';
export { batchSteps, type FoundState, type SearchOptions, search } from './search/search.ts';
export type { SearchModel } from './search/search-model.ts';
export type { BalanceCost, SearchProblem } from './search/search-problem.ts';
export { isMeasured } from './squeeze/measured-load.ts';
export { squeeze } from './squeeze/squeeze.ts';
export { defaultLoadLimits, type LoadLimits, type SqueezeProgress } from './squeeze/squeeze-options.ts';
export { type SqueezePlan, standbyTag } from './squeeze/squeeze-plan.ts';
export type { ClusterState } from './state/cluster-state.ts';
export { createState } from './state/create-state.ts';
export { type FailMode, failMode, failNames } from './state/fail-mode.ts';
export { clusterScore, optimalScore, scoreComponents, scoreValues } from './state/score.ts';
export type { StateOptions } from './state/state-options.ts';
