import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import type { GanetiForms } from './ganeti-forms.ts';
import type { UuidParameter } from './uuid-parameter.ts';

/** Kinds of things that an opcode touches; in this order locks are taken. `sending` is a node that sends the memory of an instance. */
export const lockLevels = ['cluster', 'instance', 'sending', 'allocation', 'group', 'node', 'network'] as const;
export type LockLevel = (typeof lockLevels)[number];

/** What an opcode touches: the base of its locks and of its authorization. */
export interface Touch {
  readonly kind: LockLevel;
  /** Name or UUID as the user gave it; `*` for all of the kind. */
  readonly name: string;
  readonly mode: 'shared' | 'exclusive';
}

/** How one parameter appears on the command line. */
export interface CliFlag {
  /** e.g. `-o, --os <name>`; commander's notation. */
  readonly flags: string;
  readonly help: string;
  /** How the text becomes the parameter's value; default: by the parameter's schema (string, number, boolean). */
  readonly parse?: 'size' | 'keyValues' | 'secretKeyValues' | 'disks' | 'nics' | 'list' | 'file';
  /** Names completed by the shell. */
  readonly complete?: 'instance' | 'node' | 'group' | 'os' | 'disk-template';
}

/** Where the REST API offers an opcode (Ganeti's RAPI). `{instance_name}` in a path becomes that parameter. */
export interface RestBinding {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Query parameters taken over, e.g. `dry-run` to `dry_run`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Whether the body holds further parameters. */
  readonly body: boolean;
  /** What the body must have as `__version__`. */
  readonly bodyVersion?: number;
  /** RAPI body names that differ from the opcode's, e.g. `name` to `instance_name`. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Parameters that every opcode has (source: Ganeti `lib/opcodes_base.py`). */
export const commonOpcodeFields = {
  dry_run: Type.Optional(Type.Boolean({ description: 'Check everything, change nothing' })),
  debug_level: Type.Optional(Type.Integer({ minimum: 0 })),
  priority: Type.Optional(Type.Integer({ minimum: -20, maximum: 19, description: 'Lower runs first' })),
  depends: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(Type.Tuple([Type.Integer(), Type.Array(Type.Enum(['success', 'error', 'canceled']))]), {
        description:
          'Jobs to wait for, by number (negative: relative to this submission), with the accepted final states; without states every final state is accepted',
      }),
    ]),
  ),
  comment: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  reason: Type.Optional(
    Type.Array(Type.Tuple([Type.String(), Type.String(), Type.Integer()]), { description: 'Trail of source, reason, time in ns' }),
  ),
} satisfies TProperties;

export interface OpcodeDefinition<P extends TProperties = TProperties, R extends TSchema = TSchema, Id extends string = string> {
  /** `OP_…`, Ganeti's name. */
  readonly id: Id;
  readonly summary: string;
  /** The parameter that the short form names: `INSTANCE_CREATE(web1)`. */
  readonly subject?: string;
  /** Complete schema of the parameters, common ones included; unknown ones are refused. */
  readonly params: TObject;
  /** Only this opcode's own parameters. */
  readonly ownFields: P;
  readonly result: R;
  readonly touches: (params: Record<string, unknown>) => readonly Touch[];
  /** Whether `dry_run` is honoured. */
  readonly dryRun: boolean;
  /** `object:action`, e.g. `instance:create`; what authorization decides on. */
  readonly permission: string;
  readonly cli?: {
    readonly command: readonly string[];
    readonly args?: readonly {
      readonly param: string;
      readonly help: string;
      readonly complete?: CliFlag['complete'];
      readonly variadic?: boolean;
    }[];
    readonly flags?: Readonly<Record<string, CliFlag>>;
    readonly examples?: readonly string[];
    /** Needs a yes (or --yes) because it destroys something. */
    readonly confirm?: string;
  };
  readonly rest?: readonly RestBinding[];
  /** Parameters that name an object by its UUID. */
  readonly uuids?: readonly UuidParameter[];
  readonly ganeti?: GanetiForms;
}

/** Declares an operation once; REST, CLI, OpenAPI, locks, permissions, audit and docs derive from it. */
export function defineOpcode<P extends TProperties, R extends TSchema, const Id extends string>(
  definition: Omit<OpcodeDefinition<P, R, Id>, 'params' | 'ownFields' | 'touches'> & {
    readonly params: P;
    readonly touches: (params: Static<TObject<P>>) => readonly Touch[];
  },
): OpcodeDefinition<P, R, Id> {
  const { params, touches, ...rest } = definition;
  return {
    ...rest,
    ownFields: params,
    params: Type.Object(
      { OP_ID: Type.Literal(definition.id), ...params, ...commonOpcodeFields },
      { additionalProperties: false },
    ) as unknown as TObject,
    touches: touches as unknown as OpcodeDefinition['touches'],
  };
}

/** The parameters of an opcode as its operation receives them. */
export type OpcodeParams<D> =
  D extends OpcodeDefinition<infer P, TSchema> ? Static<TObject<P & typeof commonOpcodeFields>> & { OP_ID: string } : never;
export type OpcodeResult<D> = D extends OpcodeDefinition<TProperties, infer R> ? Static<R> : never;

/** Short form for lists: `INSTANCE_CREATE(web1)`. */
export function opcodeSummary(definition: OpcodeDefinition, params: Record<string, unknown>): string {
  const short = definition.id.replace(/^OP_/, '');
  const subject = definition.subject ? params[definition.subject] : undefined;
  return subject === undefined ? short : `${short}(${Array.isArray(subject) ? subject.join(',') : String(subject)})`;
}
