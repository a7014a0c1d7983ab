import { join } from 'node:path';
import { nodeFileNames } from '../model/index.ts';

/** What a node agent is started with. */
export interface AgentConfig {
  /** Name of the node. */
  readonly name: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Durable state: certificates, the highest term seen, what the probes found. */
  readonly stateDir: string;
  /** Run-time state, gone after a reboot of the host: sockets, pid files, runtime files of instances. */
  readonly runDir: string;
  readonly logDir: string;
  readonly fileStorageDir: string;
  readonly sharedFileStorageDir: string;
  /** Folders with OS definitions, searched in order. */
  readonly osSearchPath: readonly string[];
  /** First of a range of user ids, one for each console port; instances run under them. */
  readonly uidBase: number;
}

/** Where things lie in the state directory of an agent. */
export const agentPaths = (config: Pick<AgentConfig, 'stateDir' | 'runDir'>) => ({
  key: join(config.stateDir, 'node.key'),
  certificate: join(config.stateDir, 'node.crt'),
  ca: join(config.stateDir, 'ca.crt'),
  crl: join(config.stateDir, 'ca.crl'),
  term: join(config.stateDir, 'term.json'),
  /** Is read by the monitoring agent. */
  monitor: join(config.stateDir, nodeFileNames.monitorSettings),
  probes: join(config.stateDir, 'probes.json'),
  instances: join(config.runDir, 'instances'),
});
