import { closeSync } from 'node:fs';
import { inheritedDescriptors } from './inherited-descriptors.ts';

/** Closes the descriptors that whoever started this process left open. To be called before anything is opened. */
export function closeInheritedDescriptors(): void {
  for (const descriptor of inheritedDescriptors()) closeSync(descriptor);
}
