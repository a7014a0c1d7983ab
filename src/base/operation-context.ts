import { type Log, silentLog } from './log.ts';

type Facts = Readonly<Record<string, unknown>>;

/**
 * Of which work something is a part. It is handed on explicitly, from the request through job and step to the node agent: a
 * job goes on in whatever turn of the event loop frees its locks, and under the next master, so what belongs to the
 * present turn would be that of somebody else.
 */
export interface OperationContext {
  /** 32 hexadecimal digits, see `trace.ts`; undefined for what nobody asked for, such as polling, and jobs of earlier versions. */
  readonly trace: string | undefined;
  /** Name of who asked for it; '' where only the trace is known. */
  readonly user: string;
  /** Its lines carry the trace and the other facts. Made when it is first used: most work writes nothing. */
  readonly log: Log;
  /** A part of this work, with more facts for its lines. */
  part(facts: Facts): OperationContext;
}

export interface ContextOrigin {
  readonly trace: string | undefined;
  readonly user?: string;
  readonly log: Log;
}

export function operationContext({ trace, user = '', log }: ContextOrigin, facts: Facts = {}): OperationContext {
  return new Context(trace, user, log, facts);
}

class Context implements OperationContext {
  readonly trace: string | undefined;
  readonly user: string;
  readonly #root: Log;
  readonly #facts: Facts;
  #log: Log | undefined;

  constructor(trace: string | undefined, user: string, root: Log, facts: Facts) {
    this.trace = trace;
    this.user = user;
    this.#root = root;
    this.#facts = facts;
  }

  get log(): Log {
    return (this.#log ??= this.#root.child({
      ...(this.trace !== undefined && { trace: this.trace }),
      ...(this.user !== '' && { user: this.user }),
      ...this.#facts,
    }));
  }

  part(facts: Facts): OperationContext {
    return new Context(this.trace, this.user, this.#root, { ...this.#facts, ...facts });
  }
}

/** Work that nobody asks about, for tests, benchmarks and the simulation. */
export const silentOperation: OperationContext = operationContext({ trace: undefined, log: silentLog });
