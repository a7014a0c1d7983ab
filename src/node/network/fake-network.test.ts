import { describe } from 'node:test';
import { createFakeNetwork } from './fake-network.ts';
import { networkConformance } from './network-conformance.ts';

describe('fake network', () => networkConformance(createFakeNetwork));
