import type { BlockDescription, HandlerContext, InstanceSpec, OsInfo, RpcParams } from '../rpc/index.ts';

/** What an OS definition is run with. The disks are active while it runs, in the order of `instance.disks`. */
export interface OsInstallRequest {
  readonly instance: InstanceSpec;
  readonly disks: readonly (BlockDescription & { readonly uuid: string; readonly mode: 'rw' | 'ro' })[];
  /** Parameters that nobody may see; they go to the scripts only. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly reinstall: boolean;
  /** Debug level for the scripts; 0 is quiet. */
  readonly debug: number;
}

/** The OS port: the OS definitions of this node. Every method may be repeated. */
export interface OsPort {
  /** Every definition found, broken ones with their `problem`; sorted by name, the first of a name in the search path wins. */
  list(): Promise<OsInfo[]>;
  /** @throws OS_UNKNOWN, OS_INVALID, OS_VARIANT_INVALID, OS_PARAMETER_UNKNOWN, OS_PARAMETERS_REFUSED */
  verifyParams(request: RpcParams<'os-verify-params'>): Promise<void>;
  /**
   * Runs the create script. A repeat after an interruption installs anew.
   * @returns what the script wrote
   * @throws what `verifyParams` throws, OS_SCRIPT_FAILED, OS_SCRIPT_TIMED_OUT, OS_DISK_FAILED, CANCELLED
   */
  install(request: OsInstallRequest, context: HandlerContext): Promise<{ log: string }>;
}
