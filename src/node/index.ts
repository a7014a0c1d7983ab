export { type AgentConfig, agentPaths } from './agent-config.ts';
export { type JoinRequest, joinCluster } from './join-cluster.ts';
export { buildTinyImage, builtinOsDir, tinyHvparams } from './os/tiny-image.ts';
export { type CallFault, createSimulation, type NodeFault, type Simulation, type SimulationOptions } from './simulation.ts';
export { type Agent, type AgentParts, startAgent } from './start-agent.ts';
