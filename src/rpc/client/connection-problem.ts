import { GantryError } from '../../base/index.ts';
import { addressOf, type NodeTarget } from './node-target.ts';

/** A connection that failed before the whole answer was there; the call may be tried again. */
export class ConnectionLost extends Error {
  /** Whether the other side hung up right after a complete TLS handshake, as agents do with certificates they refuse. */
  readonly afterHandshake: boolean;
  /** Whether the other side had begun to answer: it worked on the call, and may be starting again. */
  begun = false;

  constructor(problem: string, afterHandshake: boolean, cause?: unknown) {
    super(problem, { cause });
    this.afterHandshake = afterHandshake;
  }
}

const verifyCodes =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|ERR_TLS_CERT|GANTRY_IDENTITY|ERROR_IN_C)/;
/** The other side speaks, but not TLS, or not our protocol. */
const garbledCodes =
  /^(HPE_|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH|BAD_|UNEXPECTED_|DECODE_|HTTP_REQUEST|UNSUPPORTED|TLSV1_ALERT_PROTOCOL)|EPROTO)/;
const alertCodes = /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/;

/** Sorts what a socket or the HTTP parser reported: final for the call, or worth another attempt. */
export function connectionProblem(error: NodeJS.ErrnoException, target: NodeTarget, method: string, afterHandshake: boolean): Error {
  const { name: node } = target;
  const address = addressOf(target);
  const code = error.code ?? '';
  if (alertCodes.test(code)) return new GantryError('NODE_REFUSED_CALLER', { node, problem: error.message }, { cause: error });
  if (verifyCodes.test(code)) {
    return new GantryError('NODE_IDENTITY_WRONG', { node, address, problem: `${error.message} (${code})` }, { cause: error });
  }
  if (garbledCodes.test(code)) return new GantryError('NODE_GARBLED', { node, method, problem: error.message.trim() }, { cause: error });
  return new ConnectionLost(error.message, afterHandshake, error);
}
