import type { Json } from '../base/index.ts';

/** An opcode of Ganeti, without what all opcodes have. */
export type Opcode = Readonly<Record<string, Json>> & { readonly OP_ID: string };

/** Opcodes that run one after the other. */
export type Job = readonly Opcode[];
