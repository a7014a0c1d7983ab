/** A parameter that names an object by its UUID, and the one that names it by name, or by either. */
export interface UuidParameter {
  readonly uuid: string;
  readonly name: string;
  readonly kind: 'instance' | 'node';
}

export const uuidOfNode = (uuid: string, name: string): UuidParameter => ({ uuid, name, kind: 'node' });
