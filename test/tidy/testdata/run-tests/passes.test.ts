import { test } from 'node:test';

test('passes', () => undefined);
test('passes too', () => undefined);
test('is left out', { skip: 'on purpose' }, () => undefined);
