import { test } from 'node:test';

test('hangs', async () => {
  const timer = setInterval(() => undefined, 1000);
  await new Promise(() => undefined);
  clearInterval(timer);
});
