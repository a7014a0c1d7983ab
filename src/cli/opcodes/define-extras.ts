import type { Json } from '../../base/index.ts';
import type { OptionSpec, ParsedOptions } from '../command/command.ts';

type Params = Readonly<Record<string, Json>>;

/** What the command line knows of one opcode beside what the catalogue says. */
export interface OpcodeExtras<R = unknown> {
  /** Short ways to say something that the catalogue's flags say at length. */
  readonly options?: readonly OptionSpec[];
  readonly adjust?: (params: Params, options: ParsedOptions) => Record<string, Json>;
  /** A sentence for a result that would say little by itself. */
  readonly sentence?: (op: Readonly<Record<string, unknown>>, result: R) => string;
  /** Prints the result for people, instead of its members. */
  readonly print?: (result: R) => void;
  /** Prints what people should know of the plan, which is the result of a dry run. */
  readonly printDryRun?: (plan: R) => void;
  /** Whether a job that ended well has something to tell that a script should notice by the exit code. */
  readonly isBad?: (result: R) => boolean;
}

export const defineExtras = <R>(extras: OpcodeExtras<R>): OpcodeExtras => extras as OpcodeExtras;
