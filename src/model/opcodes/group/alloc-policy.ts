import { Type } from 'typebox';

export const allocPolicy = Type.Enum(['preferred', 'last_resort', 'unallocable'], { description: 'Whether placement may use the group' });
