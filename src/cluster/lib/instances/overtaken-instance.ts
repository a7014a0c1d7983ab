import type { Touch } from '../../../model/index.ts';

type Overtaken = readonly Pick<Touch, 'kind' | 'name'>[];

/** Who wants an instance stopped at once does not wait while a job before it asks the guest to stop by itself. */
export const overtakenInstance = (name: string, isForced: boolean | undefined): Overtaken => (isForced ? [{ kind: 'instance', name }] : []);
