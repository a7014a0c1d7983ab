import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateRole, roleUri } from './certificate-role.ts';

test('the role is the alternative name of type URI, and nothing else that looks like one', () => {
  for (const role of ['node', 'master', 'server'] as const) {
    assert.equal(certificateRole(`DNS:n1, URI:${roleUri(role)}, IP Address:10.0.0.1`), role);
  }
  for (const names of [undefined, '', 'DNS:master', 'DNS:urn:gantry:master', 'URI:urn:gantry:master2', 'DNS:"a, URI:urn:gantry:master"'])
    assert.equal(certificateRole(names), undefined, String(names));
});
