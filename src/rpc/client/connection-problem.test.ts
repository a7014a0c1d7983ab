import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { ConnectionLost, connectionProblem } from './connection-problem.ts';

const target = { name: 'n1', address: 'fd00::1', port: 1811, fingerprint: 'f' };

function sorted(code: string | undefined, afterHandshake = false) {
  const cause = Object.assign(new Error(` ${code} happened `), code === undefined ? {} : { code });
  const problem = connectionProblem(cause, target, 'node-info', afterHandshake);
  assert.equal(problem.cause, cause);
  if (problem instanceof ConnectionLost) return `lost ${problem.afterHandshake}: ${problem.message}`;
  assert.ok(problem instanceof GantryError);
  return `${problem.code} ${JSON.stringify(problem.facts)}`;
}

test('what a connection reports is final, or worth another attempt', () => {
  assert.equal(
    sorted('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    'NODE_REFUSED_CALLER {"node":"n1","problem":" ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED happened "}',
  );
  assert.match(sorted('ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'), /^NODE_REFUSED_CALLER/);
  assert.match(sorted('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), /^NODE_REFUSED_CALLER/);
  assert.equal(
    sorted('CERT_REVOKED'),
    'NODE_IDENTITY_WRONG {"node":"n1","address":"[fd00::1]:1811","problem":" CERT_REVOKED happened  (CERT_REVOKED)"}',
  );
  assert.match(sorted('GANTRY_IDENTITY'), /^NODE_IDENTITY_WRONG/);
  assert.equal(sorted('HPE_INVALID_CONSTANT'), 'NODE_GARBLED {"node":"n1","method":"node-info","problem":"HPE_INVALID_CONSTANT happened"}');
  assert.match(sorted('ERR_SSL_WRONG_VERSION_NUMBER'), /^NODE_GARBLED/);
  assert.equal(sorted('ECONNRESET', true), 'lost true:  ECONNRESET happened ');
  assert.equal(sorted('ECONNREFUSED'), 'lost false:  ECONNREFUSED happened ');
  assert.equal(sorted(undefined), 'lost false:  undefined happened ');
});
